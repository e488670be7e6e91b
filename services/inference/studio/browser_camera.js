// The webcam of this browser, sent to capture over a WebSocket. One picture is on its way at a time; the newest goes next.

import { cameraPort } from "./poll.js";
import { drawnAsJpeg } from "./jpeg.js";
import { reasonOf } from "./words.js";

/**
 * What capture answers to a picture: its number, or a problem; `closed` where it answers no more.
 * @typedef {{ published?: number, code?: string, detail?: string, closed?: boolean }} PictureAnswer
 */

const WIDTH = 640;
const HEIGHT = 480;
const QUALITY = 0.85;
const PICTURES_PER_SECOND = 20;
const ANSWER_MILLISECONDS = 4000;
const RETRY_MILLISECONDS = 1000;

/**
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A connection to capture, to which pictures are sent one after another. */
export class PictureSocket {
  #socket;
  /** @type {((answer: PictureAnswer) => void) | null} */
  #answered = null;
  /** @type {PictureAnswer | null} */
  #unasked = null;

  /**
   * Open a camera; throws an Error with a sentence where capture is away.
   * @param {string} name
   */
  static async open(name) {
    const port = await cameraPort();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.hostname}:${port}/v1/cameras/${name}`);
    await /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      const timer = setTimeout(() => { socket.close(); reject(new Error("Capture does not answer.")); }, ANSWER_MILLISECONDS);
      socket.onopen = () => { clearTimeout(timer); resolve(); };
      socket.onerror = () => { clearTimeout(timer); reject(new Error("Capture does not answer.")); };
    }));
    return new PictureSocket(socket);
  }

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.onmessage = (event) => this.#settle(JSON.parse(event.data));
    socket.onclose = () => this.#settle({ closed: true });
  }

  get open() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Send a picture and wait for its answer.
   * @param {Blob} blob
   * @param {() => void} [slow] - called when that takes long, as with Redis away
   * @returns {Promise<PictureAnswer>}
   */
  async send(blob, slow) {
    // Why capture wants no picture at all it may have said before the first was sent.
    if (!this.open) return this.#unasked ?? { closed: true };
    /** @type {Promise<PictureAnswer>} */
    const answer = new Promise((resolve) => { this.#answered = resolve; });
    this.#socket.send(blob);
    const timer = setTimeout(() => slow?.(), ANSWER_MILLISECONDS);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  close() {
    this.#socket.close();
  }

  /** @param {PictureAnswer} answer */
  #settle(answer) {
    if (this.#answered) this.#answered(answer);
    else this.#unasked ??= answer;
    this.#answered = null;
  }
}

/** @typedef {"off" | "asking" | "refused" | "connecting" | "live" | "waiting"} CameraState */

/** Tells with the event "change" that `state` is another. */
export class BrowserCamera extends EventTarget {
  /** @type {CameraState} */
  state = "off";
  detail = "";
  /**
   * When the picture of a number was taken, by `performance.now()`, for those that may still be answered.
   * @type {Map<number, number>}
   */
  takenAt = new Map();
  video = document.createElement("video");
  #running = 0;
  #round = 0;
  /** @type {PictureSocket | null} */
  #socket = null;

  constructor() {
    super();
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.setAttribute("aria-label", "What your camera sees");
    this.name = sessionStorage.getItem("camera") ?? newName();
    sessionStorage.setItem("camera", this.name);
  }

  get on() {
    return this.#running !== 0 && this.state !== "refused";
  }

  async start() {
    this.#round += 1;
    const round = this.#round;
    this.#running = round;
    this.#become("asking", "Allow this page to use your camera.");
    let stream;
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { width: { ideal: WIDTH }, height: { ideal: HEIGHT }, facingMode: "user" },
      });
      if (this.#running === round) {
        this.video.srcObject = stream;
        await this.video.play();
      }
    } catch (error) {
      release(stream);
      if (this.#running !== round) return;
      this.video.srcObject = null;
      this.#running = 0;
      this.#become("refused", refusalOf(error));
      return;
    }
    // Whoever turned the camera off while the browser asked does not want it any more.
    if (this.#running !== round) return release(stream);
    for (const track of stream.getVideoTracks()) {
      track.onended = () => { this.stop(); this.#become("refused", "The camera was taken away. Plug it in, then turn it on again."); };
    }
    this.#become("connecting", "");
    this.#sendOn(round);
  }

  stop() {
    this.#running = 0;
    this.#socket?.close();
    release(this.video.srcObject);
    this.video.srcObject = null;
    this.#become("off", "");
  }

  /** @param {number} round */
  async #sendOn(round) {
    const going = () => this.#running === round;
    const canvas = document.createElement("canvas");
    while (going()) {
      let socket;
      try {
        socket = await PictureSocket.open(this.name);
      } catch (error) {
        if (going()) this.#become("waiting", `${reasonOf(error)} It is tried again until it does.`);
        await pause(RETRY_MILLISECONDS);
        continue;
      }
      this.takenAt.clear();
      this.#socket = socket;
      if (going()) await this.#sendTo(socket, canvas, going);
      socket.close();
      if (going()) await pause(RETRY_MILLISECONDS);
    }
  }

  /**
   * @param {PictureSocket} socket
   * @param {HTMLCanvasElement} canvas
   * @param {() => boolean} going
   */
  async #sendTo(socket, canvas, going) {
    let published = 0;
    while (going()) {
      const due = performance.now() + 1000 / PICTURES_PER_SECOND;
      await nextPicture(this.video);
      const takenAt = performance.now();
      const size = { width: this.video.videoWidth, height: this.video.videoHeight };
      const blob = await drawnAsJpeg(this.video, size, QUALITY, canvas);
      if (!blob || !going()) continue;
      this.#remember(published, takenAt);
      const answer = await socket.send(blob, () => going() && this.#become("waiting", "The last picture is not taken yet: capture or Redis is away."));
      if (!going()) return;
      if (answer.published) {
        published = answer.published;
        this.#become("live", "");
      } else if (answer.code === "camera-taken") {
        this.name = newName();
        sessionStorage.setItem("camera", this.name);
        return;
      } else {
        this.#become("waiting", answer.detail ?? "Capture has closed the connection. It is opened again.");
        if (answer.closed) return;
      }
      await pause(due - performance.now());
    }
  }

  /**
   * @param {number} number
   * @param {number} takenAt
   */
  #remember(number, takenAt) {
    this.takenAt.set(number, takenAt);
    this.takenAt.delete(number - 300);
  }

  /**
   * @param {CameraState} state
   * @param {string} detail
   */
  #become(state, detail) {
    if (this.state === state && this.detail === detail) return;
    this.state = state;
    this.detail = detail;
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {MediaProvider | null | undefined} stream */
function release(stream) {
  if (!(stream instanceof MediaStream)) return;
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}

const newName = () => randomName("browser", 2);

/**
 * Make a name that no other camera has, most likely.
 * @param {string} kind - what it begins with
 * @param {number} bytes - how many are drawn at random
 */
export function randomName(kind, bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return `${kind}-${Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Wait for the video's next picture; a video that stands still, as in a page that is hidden, gives none.
 * @param {HTMLVideoElement} video
 * @returns {Promise<void>}
 */
function nextPicture(video) {
  return new Promise((resolve) => {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => resolve());
    else requestAnimationFrame(() => resolve());
  });
}

/**
 * Say why a browser gives no camera, and what to do.
 * @param {unknown} error
 */
export function refusalOf(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") {
    return "The browser does not let this page use the camera. Allow it beside the address, then turn it on again.";
  }
  if (name === "NotFoundError") return "No camera was found. Plug one in, or choose another from the list.";
  if (name === "NotReadableError") return "Another program uses the camera. Close that, then turn it on again.";
  if (name !== "SecurityError") return "The camera gives no picture. Turn it on again, or choose another from the list.";
  return "Browsers give the camera to pages of this machine alone, or over HTTPS. Open http://127.0.0.1 and this port.";
}

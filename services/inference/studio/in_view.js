// What is in view of the camera that is shown: where faces are, what they are called, and how long that took.

const KEPT_MILLISECONDS = 20_000;
const STALE_MILLISECONDS = 1500;
const RETRY_MILLISECONDS = 1000;
// At twenty pictures a second, those of the last quarter of a minute.
const LATENCIES_KEPT = 300;
// As a face's id is written: the camera, when its source began, the number of the picture, the number of the face.
const PICTURE_NUMBER = /-(?<number>\d+)-\d+$/u;

/**
 * A prediction of one face, and when it came, by `performance.now()`.
 * @typedef {Http.Prediction & { face: Http.NamedFace, heardAt: number }} Answer
 * @typedef {Http.NamedFace["track_id"]} Track
 */

/**
 * Follows one camera. Tells with "faces" that a frame was searched, with "names" that a face has another answer,
 * with "resumed" that events come again after an outage.
 */
export class View extends EventTarget {
  /** @type {string | null} */
  camera = null;
  /** @type {Http.Preview | null} */
  frame = null;
  /** @type {Map<Track, Answer>} */
  answers = new Map();
  /** @type {number[]} */
  latencies = [];
  /** @type {Map<number, number> | null} */
  #takenAt = null;
  /** @type {EventSource[]} */
  #streams = [];
  #round = 0;
  #interrupted = false;
  #searchedAt = 0;
  #measuredFrom = 0;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#follow());
  }

  /**
   * Follow a camera, or none.
   * @param {string | null} camera
   * @param {Map<number, number> | null} [takenAt] - when this browser took its pictures, by their numbers
   */
  watch(camera, takenAt = null) {
    if (camera === this.camera && takenAt === this.#takenAt) return;
    this.camera = camera;
    this.#takenAt = takenAt;
    this.frame = null;
    this.answers.clear();
    this.latencies = [];
    this.#follow();
    this.dispatchEvent(new Event("faces"));
    this.dispatchEvent(new Event("names"));
  }

  /**
   * Forget an answer: its face was corrected.
   * @param {Track} trackId
   */
  drop(trackId) {
    this.answers.delete(trackId);
    this.dispatchEvent(new Event("names"));
  }

  /** Forget all answers: the model that gave them is no more. */
  forgetAnswers() {
    if (!this.answers.size) return;
    this.answers.clear();
    this.dispatchEvent(new Event("names"));
  }

  /** The middle and the 95th percentile of the newest latencies in milliseconds, and how many there are. */
  latency() {
    const sorted = [...this.latencies].sort((one, other) => one - other);
    /** @param {number} share */
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return { count: sorted.length, median: at(0.5), p95: at(0.95) };
  }

  /** Measure anew: another version answers, and at first what had waited for it. Only pictures from now on count. */
  measureAnew() {
    this.latencies = [];
    this.#measuredFrom = performance.now();
  }

  // Browsers keep few connections to a server: a page that nobody sees takes none.
  #follow() {
    this.#round += 1;
    this.#interrupted = false;
    for (const stream of this.#streams) stream.close();
    this.#streams = [];
    if (this.camera === null || document.hidden) return;
    const path = encodeURIComponent(this.camera);
    this.#listen(`v1/cameras/${path}/faces/stream`, "faces", (frame) => this.#search(frame));
    this.#listen(`v1/predictions/stream?camera=${path}`, "prediction", (prediction) => this.#answer(prediction));
  }

  /**
   * @template {"faces" | "prediction"} Name
   * @param {string} path
   * @param {Name} event
   * @param {(message: { faces: Http.Preview, prediction: Http.Prediction }[Name]) => void} act
   */
  #listen(path, event, act) {
    const round = this.#round;
    const stream = new EventSource(path);
    stream.addEventListener(event, ({ data }) => act(JSON.parse(data)));
    stream.onopen = () => {
      if (this.#interrupted) this.dispatchEvent(new Event("resumed"));
      this.#interrupted = false;
    };
    // A browser tries again by itself, but not after an answer such as "no such camera".
    stream.onerror = () => {
      this.#interrupted = true;
      if (stream.readyState !== EventSource.CLOSED || round !== this.#round) return;
      this.#streams = this.#streams.filter((other) => other !== stream);
      setTimeout(() => { if (round === this.#round) this.#listen(path, event, act); }, RETRY_MILLISECONDS);
    };
    this.#streams.push(stream);
  }

  /** The newest frame that was searched; null where none was lately. Clocks of two machines are not compared. */
  get freshFrame() {
    return this.frame && performance.now() - this.#searchedAt < STALE_MILLISECONDS ? this.frame : null;
  }

  /** Forget answers to faces that are long gone. */
  prune() {
    for (const [track, answer] of this.answers) {
      if (performance.now() - answer.heardAt > KEPT_MILLISECONDS) this.answers.delete(track);
    }
  }

  /** @param {Http.Preview} frame */
  #search(frame) {
    this.frame = frame;
    this.#searchedAt = performance.now();
    this.dispatchEvent(new Event("faces"));
  }

  /** @param {Http.Prediction} prediction */
  #answer(prediction) {
    const now = performance.now();
    const [face] = prediction.faces;
    if (!face) return;
    this.#measure(prediction, now);
    const before = this.answers.get(face.track_id);
    // A face that says nothing takes no name away: whoever it was is still there.
    const saysNothing = face.reason === "too_small" || face.reason === "too_blurred";
    if (saysNothing && before?.face.candidates.length) before.heardAt = now;
    else this.answers.set(face.track_id, { ...prediction, face, heardAt: now });
    this.dispatchEvent(new Event("names"));
  }

  /**
   * From the moment at which this browser took the picture until now; of other cameras, until it was answered.
   * @param {Http.Prediction} prediction
   * @param {number} now
   */
  #measure(prediction, now) {
    let latency;
    if (this.#takenAt) {
      const takenAt = this.#takenAt.get(Number(PICTURE_NUMBER.exec(prediction.prediction_id)?.groups?.number));
      if (takenAt === undefined) return;
      latency = now - takenAt;
    } else {
      latency = Date.parse(prediction.predicted_at) - Date.parse(prediction.captured_at);
    }
    if (now - latency < this.#measuredFrom) return;
    this.latencies.push(latency);
    if (this.latencies.length > LATENCIES_KEPT) this.latencies.shift();
  }
}

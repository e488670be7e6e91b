// What is in view of the camera that is shown: where faces are, what they are called, and how long that took.

const KEPT_MILLISECONDS = 20000;
// At twenty pictures a second, those of the last quarter of a minute.
const LATENCIES_KEPT = 300;

/**
 * Follows one camera. Tells with "faces" that a frame was searched, with "names" that a face has another answer.
 * A face is `{ box, track_id }` in pixels of a frame; an answer is a Prediction of one face.
 */
export class View extends EventTarget {
  camera = null;
  frame = null;
  answers = new Map();
  latencies = [];
  #takenAt = null;
  #streams = [];

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#follow());
  }

  /** Follow a camera, or none; `takenAt` tells when this browser took its pictures, by their numbers. */
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

  /** Forget an answer: its face was corrected. */
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
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return { count: sorted.length, median: at(0.5), p95: at(0.95) };
  }

  // Browsers keep few connections to a server: a page that nobody sees takes none.
  #follow() {
    for (const stream of this.#streams) stream.close();
    this.#streams = [];
    if (this.camera === null || document.hidden) return;
    const path = encodeURIComponent(this.camera);
    this.#listen(`v1/cameras/${path}/faces/stream`, "faces", (frame) => this.#search(frame));
    this.#listen(`v1/predictions/stream?camera=${path}`, "prediction", (prediction) => this.#answer(prediction));
  }

  #listen(path, event, act) {
    const stream = new EventSource(path);
    stream.addEventListener(event, ({ data }) => act(JSON.parse(data)));
    // A browser tries again by itself, but not after an answer such as "no such camera".
    stream.onerror = () => {
      if (stream.readyState === EventSource.CLOSED && this.#streams.includes(stream)) {
        this.#streams = this.#streams.filter((other) => other !== stream);
        setTimeout(() => { if (this.#streams.length) this.#listen(path, event, act); else this.#follow(); }, 1000);
      }
    };
    this.#streams.push(stream);
  }

  #search(frame) {
    this.frame = frame;
    this.dispatchEvent(new Event("faces"));
  }

  #answer(prediction) {
    const now = performance.now();
    const [face] = prediction.faces;
    this.#measure(prediction, now);
    this.answers.set(face.track_id, { ...prediction, face, heardAt: now });
    for (const [track, answer] of this.answers) {
      if (now - answer.heardAt > KEPT_MILLISECONDS) this.answers.delete(track);
    }
    this.dispatchEvent(new Event("names"));
  }

  /** From the moment at which this browser took the picture until now; of other cameras, until it was answered. */
  #measure(prediction, now) {
    let latency;
    if (this.#takenAt) {
      const takenAt = this.#takenAt.get(Number(/-(\d+)-\d+$/.exec(prediction.prediction_id)?.[1]));
      if (takenAt === undefined) return;
      latency = now - takenAt;
    } else {
      latency = Date.parse(prediction.predicted_at) - Date.parse(prediction.captured_at);
    }
    this.latencies.push(latency);
    if (this.latencies.length > LATENCIES_KEPT) this.latencies.shift();
  }
}

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { View } from "../../services/inference/studio/in_view.js";
import { face, prediction } from "./builders.js";
import { holdTimers } from "./timers.js";

/** What a browser has that Node has not: a page that may be hidden, and a stream of events that tests speak through. */
class Stream extends EventTarget {
  static CLOSED = 2;
  /** @type {Stream[]} */
  static opened = [];
  readyState = 1;
  onopen = mock.fn();
  onerror = mock.fn();

  /** @param {string} path */
  constructor(path) {
    super();
    this.path = path;
    Stream.opened.push(this);
  }

  close() {
    this.readyState = Stream.CLOSED;
  }

  /**
   * @param {string} event
   * @param {unknown} message
   */
  say(event, message) {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(message) }));
  }
}

const visible = () => Object.assign(new EventTarget(), { hidden: false });
let page = visible();
let now = 0;

beforeEach(() => {
  now = 0;
  page = visible();
  Stream.opened = [];
  Object.assign(globalThis, { document: page, EventSource: Stream });
  mock.method(performance, "now", () => now);
});

afterEach(() => mock.restoreAll());

/** @param {number} place */
function opened(place) {
  const stream = Stream.opened.at(place);
  if (!stream) throw new Error(`There are only ${Stream.opened.length} streams.`);
  return stream;
}

/**
 * @param {Http.TrackedBox[]} faces
 * @returns {Http.Preview}
 */
const frame = (faces) => ({ frame_id: "door-1-0", camera: "door", captured_at: "", width: 640, height: 480, faces });

test("a camera is followed by a stream of its faces and one of its names", () => {
  new View().watch("front door");

  const paths = ["v1/cameras/front%20door/faces/stream", "v1/predictions/stream?camera=front%20door"];
  assert.deepEqual(Stream.opened.map(({ path }) => path), paths);
});

test("the same camera is not followed twice, and another one closes its streams", () => {
  const view = new View();
  view.watch("door");
  view.watch("door");
  assert.equal(Stream.opened.length, 2);

  view.watch("desk");
  assert.deepEqual(Stream.opened.map(({ readyState }) => readyState), [2, 2, 1, 1]);
});

test("a page that nobody sees follows nothing, and goes on when it is seen again", () => {
  const view = new View();
  view.watch("door");
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(Stream.opened.map(({ readyState }) => readyState), [2, 2]);

  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(Stream.opened.map(({ readyState }) => readyState), [2, 2, 1, 1]);
});

test("a frame is fresh for a moment only", () => {
  const view = new View();
  view.watch("door");
  opened(0).say("faces", frame([]));

  now = 1400;
  assert.equal(view.freshFrame?.frame_id, "door-1-0");
  now = 1600;
  assert.equal(view.freshFrame, null);
});

test("an answer is kept by its track, and tells that names have changed", () => {
  const view = new View();
  view.watch("door");
  const heard = mock.fn();
  view.addEventListener("names", heard);
  opened(1).say("prediction", prediction(7));

  assert.equal(view.answers.get("door-1-0-1")?.face.person, "ann");
  assert.equal(heard.mock.callCount(), 1);
});

test("a face that is too poor to tell takes no name away, and keeps whom it was from being forgotten", () => {
  const view = new View();
  view.watch("door");
  opened(1).say("prediction", prediction(1));
  now = 15_000;
  opened(1).say("prediction", prediction(2, { person: null, reason: "too_blurred", confidence: 0, candidates: [] }));
  now = 30_000;
  view.prune();

  assert.equal(view.answers.get("door-1-0-1")?.face.person, "ann");
});

test("a face that is unknown takes the name away", () => {
  const view = new View();
  view.watch("door");
  opened(1).say("prediction", prediction(1));
  opened(1).say("prediction", prediction(2, { person: null, reason: "below_threshold", confidence: 0.3 }));

  assert.equal(view.answers.get("door-1-0-1")?.face.person, null);
});

test("answers are forgotten long after they came, one by one when corrected, and all with their model", () => {
  const view = new View();
  view.watch("door");
  opened(1).say("prediction", prediction(1));
  now = 20_001;
  view.prune();
  assert.equal(view.answers.size, 0);

  opened(1).say("prediction", prediction(2, { track_id: "a" }));
  opened(1).say("prediction", prediction(3, { track_id: "b" }));
  view.drop("a");
  assert.deepEqual([...view.answers.keys()], ["b"]);
  view.forgetAnswers();
  assert.equal(view.answers.size, 0);
});

test("the latency of this browser's camera is from its picture until now", () => {
  const view = new View();
  view.watch("door", new Map([[7, 100]]));
  now = 350;
  opened(1).say("prediction", prediction(7));
  opened(1).say("prediction", prediction(8));

  assert.deepEqual(view.latency(), { count: 1, median: 250, p95: 250 });
});

test("the latency of another camera is until its picture was answered, by the server's clock", () => {
  const view = new View();
  view.watch("door");
  now = 1000;
  opened(1).say("prediction", prediction(7));

  assert.equal(view.latency().median, 80);
});

test("latencies are counted from the newest 300, and none is no figure", () => {
  const view = new View();
  const takenAt = new Map(Array.from({ length: 301 }, (_, number) => [number, 0]));
  view.watch("door", takenAt);
  assert.deepEqual(view.latency(), { count: 0, median: undefined, p95: undefined });
  for (let number = 0; number <= 300; number += 1) {
    now = number + 1;
    opened(1).say("prediction", prediction(number));
  }

  assert.deepEqual(view.latency(), { count: 300, median: 152, p95: 287 });
});

test("when another version answers, pictures from before do not count", () => {
  const view = new View();
  view.watch("door", new Map([[1, 10], [2, 60]]));
  now = 50;
  view.measureAnew();
  now = 100;
  opened(1).say("prediction", prediction(1));
  opened(1).say("prediction", prediction(2));

  assert.deepEqual(view.latency(), { count: 1, median: 40, p95: 40 });
});

test("events that come again after an outage are told once", () => {
  const view = new View();
  view.watch("door");
  const resumed = mock.fn();
  view.addEventListener("resumed", resumed);
  opened(0).onopen();
  assert.equal(resumed.mock.callCount(), 0);

  opened(0).readyState = 0;
  opened(0).onerror();
  opened(0).onopen();
  opened(0).onopen();
  assert.equal(resumed.mock.callCount(), 1);
});

test("a stream that the browser has given up is opened anew, unless another camera is shown by then", () => {
  const letTimePass = holdTimers();
  const view = new View();
  view.watch("door");
  opened(0).close();
  opened(0).onerror();
  letTimePass();
  assert.equal(opened(-1).path, "v1/cameras/door/faces/stream");
  assert.equal(Stream.opened.length, 3);

  opened(2).close();
  opened(2).onerror();
  view.watch("desk");
  letTimePass();
  assert.equal(Stream.opened.filter(({ path }) => path.includes("desk")).length, 2);
  assert.equal(Stream.opened.length, 5);
});

test("nothing of one camera is left when another one is shown", () => {
  const view = new View();
  view.watch("door");
  opened(0).say("faces", frame([{ box: face().box, track_id: "door-1-0-1" }]));
  opened(1).say("prediction", prediction(1));
  view.watch(null);

  assert.equal(view.freshFrame, null);
  assert.equal(view.answers.size, 0);
  assert.equal(view.latency().count, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Advice } from "../../services/inference/studio/advice.js";
import { REFUSALS } from "../../services/inference/studio/words.js";
import { enrolment } from "./builders.js";

const PRAISE = "Good. Turn your head slowly, and look here and there.";

/**
 * @param {Partial<Http.Enrolment>} [about]
 * @param {Partial<Http.EnrolmentRequest>} [asked]
 */
const training = (about, asked) => ({ split: /** @type {const} */ ("train"), enrolment: enrolment(about, asked) });

/** @param {Partial<Http.Enrolment>} [about] */
const testing = (about) => ({
  split: /** @type {const} */ ("test"),
  enrolment: enrolment({ train_samples: 200, train_complete_at: "2026-11-23T12:00:30.000Z", ...about }),
});

test("whoever has just begun is asked to look into the camera", () => {
  const advice = new Advice();

  assert.equal(advice.on(training(), 0), "Look into the camera.");
  assert.equal(advice.isOn("e1"), true);
  assert.equal(advice.isReason(0), false);
});

test("samples that come are praised", () => {
  const advice = new Advice();
  advice.on(training(), 0);

  assert.equal(advice.on(training({ train_samples: 3 }), 400), PRAISE);
});

test("a refusal is said, and stays a while also when samples come again", () => {
  const advice = new Advice();
  advice.on(training(), 0);

  assert.equal(advice.on(training({ refused: { "too small": 1 } }), 400), REFUSALS["too small"]);
  assert.equal(advice.isReason(500), true);
  assert.equal(advice.on(training({ refused: { "too small": 1 }, train_samples: 2 }), 1000), REFUSALS["too small"]);
  assert.equal(advice.on(training({ refused: { "too small": 1 }, train_samples: 4 }), 2000), PRAISE);
  assert.equal(advice.isReason(2000), false);
});

test("of several reasons the one that came most often since the last time is said", () => {
  const advice = new Advice();
  advice.on(training({ refused: { blurred: 50 } }), 0);

  assert.equal(advice.on(training({ refused: { blurred: 51, "too small": 4 } }), 400), REFUSALS["too small"]);
});

test("refusals that are fewer than the new samples are not worth a word", () => {
  const advice = new Advice();
  advice.on(training(), 0);

  assert.equal(advice.on(training({ train_samples: 5, refused: { blurred: 2 } }), 400), PRAISE);
});

test("that a picture shows nothing new is said only when samples are slow to come", () => {
  const advice = new Advice();
  advice.on(training(), 0);

  assert.equal(advice.on(training({ refused: { "near-copy": 9 } }), 1000), "Look into the camera.");
  assert.equal(advice.on(training({ refused: { "near-copy": 19 } }), 2000), REFUSALS["near-copy"]);
});

test("whoever is stuck with some samples is told that they will do", () => {
  const advice = new Advice();
  advice.on(training({ train_samples: 5 }), 0);

  const words = advice.on(training({ train_samples: 5, refused: { blurred: 70 } }), 7000);
  assert.match(words, /Or press Stop: what there is will do\.$/u);
});

test("whoever is stuck without a sample is not told to stop", () => {
  const advice = new Advice();
  advice.on(training(), 0);

  assert.equal(advice.on(training({ refused: { blurred: 70 } }), 7000), REFUSALS.blurred);
});

test("the pause before the test samples is counted down from when the page saw it begin", () => {
  const advice = new Advice();
  advice.on(training({ train_samples: 199 }), 0);

  assert.match(advice.on(testing(), 1000), /It goes on in 5 s\.$/u);
  assert.match(advice.on(testing({ refused: { blurred: 9 } }), 3500), /It goes on in 3 s\.$/u);
  assert.equal(advice.isReason(3500), false);
});

test("the pause is over when its time is, or when the first test sample is there", () => {
  const late = new Advice();
  late.on(testing(), 0);
  assert.match(late.on(testing({ refused: { blurred: 1 } }), 6000), /^Hold still/u);

  const early = new Advice();
  early.on(testing(), 0);
  assert.equal(early.on(testing({ test_samples: 1 }), 1000), PRAISE);
});

test("another enrolment begins anew", () => {
  const advice = new Advice();
  advice.on(training({ train_samples: 9, refused: { blurred: 3 } }), 0);

  assert.equal(advice.on(training({ refused: { blurred: 30 } }, { enrolment_id: "e2" }), 400), "Look into the camera.");
  assert.equal(advice.isOn("e1"), false);
  advice.forget();
  assert.equal(advice.isOn("e2"), false);
});

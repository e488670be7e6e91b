import assert from "node:assert/strict";
import { test } from "node:test";
import {
  REFUSALS, REFUSED, counted, joined, percent, reasonOf, receiptInWords, refusedInWords, sessionsInWords,
} from "../../services/inference/studio/words.js";

test("a share is cut to a tenth of a per cent, so that what is not all is never 100 %", () => {
  assert.equal(percent(1), "100 %");
  assert.equal(percent(0.9999), "99.9 %");
  assert.equal(percent(0.5), "50 %");
  assert.equal(percent(0), "0 %");
});

test("a share that a computer writes a little too low keeps its last tenth", () => {
  assert.equal(percent(0.29), "29 %");
  assert.equal(percent(0.1 + 0.2), "30 %");
  assert.equal(percent(0.057), "5.7 %");
});

test("a share that is not known is a dash", () => {
  assert.equal(percent(null), "–");
  assert.equal(percent(undefined), "–");
});

test("one is singular, and none is plural", () => {
  assert.equal(counted(1, "sample"), "1 sample");
  assert.equal(counted(0, "sample"), "0 samples");
  assert.equal(counted(2, "face of a stranger", "faces of strangers"), "2 faces of strangers");
});

test("names are joined as in a sentence", () => {
  assert.equal(joined([]), "");
  assert.equal(joined(["Ann"]), "Ann");
  assert.equal(joined(["Ann", "Bea"]), "Ann and Bea");
  assert.equal(joined(["Ann", "Bea", "Cem"]), "Ann, Bea and Cem");
});

test("every reason that refuses a picture has words for then and for afterwards", () => {
  assert.deepEqual(Object.keys(REFUSALS), Object.keys(REFUSED));
});

test("refusals are counted in words, and a reason without words stands for itself", () => {
  assert.equal(refusedInWords({ "face not found": 3, "near-copy": 40 }), "3 without a face, 40 showed nothing new");
  assert.equal(refusedInWords({ eclipse: 1 }), "1 eclipse");
  assert.equal(refusedInWords({}), "");
});

test("a second day is asked for after the first, however many sessions that had", () => {
  assert.equal(sessionsInWords({ sessions: 2, days: 1 }), "2 sessions, 1 day: come back another day, in other light.");
  assert.equal(sessionsInWords({ sessions: 2, days: 2 }), "2 sessions, 2 days.");
});

test("what was thrown is said by its message, or as it is", () => {
  assert.equal(reasonOf(new TypeError("Try again.")), "Try again.");
  assert.equal(reasonOf("gone"), "gone");
});

test("a receipt tells what was deleted and what is served now, without a name", () => {
  const forgotten = {
    person: "zoe", samples: 30, model_versions: [2], serving: true, served_version: 1, training_job: "j", checkpoints: 0,
    kept_faces: 1, stream_entries: 4, dead_letters: 1, failed_jobs: 0, log_lines: 0,
  };
  assert.equal(
    receiptInWords(forgotten),
    "Forgotten: 30 samples, 1 model version, 1 kept face and 5 stream entries. Version 1 is served now; the others are being trained again.",
  );
  assert.match(receiptInWords({ ...forgotten, served_version: null, training_job: null }), /No version is served now\.$/u);
});

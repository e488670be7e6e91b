import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnderWay, newsSince, recallsOf } from "../../services/inference/studio/training.js";
import { learned, person } from "./builders.js";

const NO_STRANGERS = { fetched: 0, given: 0, marked: 0 };

/** @param {Http.JobState} state @returns {Http.TrainingJob} */
const job = (state) =>
  ({ job_id: "j1", state, enqueued_at: null, progress: null, model_version: null, rejected: null, error: null });

test("a training is under way while it waits and while it runs", () => {
  assert.equal(isUnderWay(job("queued")), true);
  assert.equal(isUnderWay(job("started")), true);
  assert.equal(isUnderWay(job("finished")), false);
  assert.equal(isUnderWay(job("failed")), false);
  assert.equal(isUnderWay(undefined), false);
});

test("a version that learned all there is has no news", () => {
  assert.deepEqual(newsSince({ people: [learned()], strangers: { fetched: 0 } }, [person()], NO_STRANGERS), []);
});

test("people who came, got samples, lost some and went are news", () => {
  const known = [["ann", "Ann"], ["bea", "Bea"], ["cem", "Cem"]].map(([slug, name]) => learned({ slug, name }));
  const people = [
    person({ slug: "ann", name: "Ann", train_samples: 201 }),
    person({ slug: "bea", name: "Bea", test_samples: 98 }),
    person({ slug: "dov", name: "Dov" }),
  ];

  const news = ["1 more sample of Ann", "2 samples of Bea deleted", "Dov", "Cem is gone"];
  assert.deepEqual(newsSince({ people: known, strangers: {} }, people, NO_STRANGERS), news);
});

test("test samples that were left out of the test are no news", () => {
  const manifest = { people: [learned({ test_samples: 60, tests_left_out: 40 })], strangers: {} };

  assert.deepEqual(newsSince(manifest, [person({ test_samples: 100 })], NO_STRANGERS), []);
});

test("strangers that came or went are news", () => {
  const manifest = { people: [], strangers: { fetched: 300, given: 2 } };

  assert.deepEqual(newsSince(manifest, [], { fetched: 300, given: 3, marked: 0 }), ["1 face of a stranger"]);
  assert.deepEqual(newsSince(manifest, [], { fetched: 300, given: 0, marked: 0 }), ["2 faces of strangers deleted"]);
});

test("of a version those who were tested are named, the best first, and its own order stays", () => {
  const people = [
    learned({ slug: "ann", recall: 0.8 }), learned({ slug: "bea", recall: 0.95 }),
    learned({ slug: "cem", recall: null }), learned({ slug: "dov", recall: 0 }),
  ];

  assert.equal(recallsOf(people), "bea 95 %, ann 80 %, dov 0 %");
  assert.deepEqual(people.map(({ slug }) => slug), ["ann", "bea", "cem", "dov"]);
});

test("of a version that was not tested nobody is named", () => {
  assert.equal(recallsOf([learned({ recall: null })]), "");
});

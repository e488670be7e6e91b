// Sentences that the parts of the page make of what inference answers.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { collecting, collectingNow } from "../../services/inference/studio/collecting.js";
import { live } from "../../services/inference/studio/poll.js";
import { missingServices } from "../../services/inference/studio/missing.js";
import { recallInWords } from "../../services/inference/studio/people.js";
import { resultOf as resultOfPhotos } from "../../services/inference/studio/photos.js";
import { labelOf, nameOf } from "../../services/inference/studio/stage.js";
import { countStrangers, resultOf as resultOfStrangers } from "../../services/inference/studio/strangers.js";
import { camera, enrolment, face, learned, model, person } from "./builders.js";

beforeEach(() => {
  live.people = [person({ slug: "zoe-k", name: "Zoë K." })];
  live.models = [];
  live.cameras = [];
  live.enrolments = [];
});

/** @param {Partial<Http.Services>} [about] @returns {Http.Services} */
const services = (about) => ({
  redis: null, disk: null, services: [{ service: "capture", running: true }, { service: "trainer", running: false }],
  camera_port: 8001, model_version: null, ...about,
});

test("somebody is called as on their card, and whoever has none by their slug", () => {
  assert.equal(nameOf("zoe-k"), "Zoë K.");
  assert.equal(nameOf("gone"), "gone");
  live.people = undefined;
  assert.equal(nameOf("zoe-k"), "zoe-k");
});

test("over a face stand the name and a whole percentage, or why there is no name", () => {
  assert.equal(labelOf(face({ person: "zoe-k", confidence: 0.876 })), "Zoë K. 88 %");
  assert.equal(labelOf(face({ person: null, reason: "below_threshold" })), "unknown");
  assert.equal(labelOf(face({ person: null, reason: "too_small", confidence: 0 })), "too small");
  assert.equal(labelOf(face({ person: null, reason: "too_blurred", confidence: 0 })), "too blurred");
});

test("how well somebody is recognised is said of the version that answers", () => {
  assert.equal(recallInWords({ slug: "ann" }), "No model yet.");
  live.models = [
    model({ state: "stored", people: [learned({ recall: 0.1 })] }),
    model({ version: 2, people: [learned({ recall: 0.5, test_samples: 1 })] }),
  ];
  assert.equal(recallInWords({ slug: "ann" }), "Recognised in 50 % of 1 test picture.");
  assert.equal(recallInWords({ slug: "bea" }), "Not learned yet: train.");
  live.models = [model({ people: [learned({ recall: null })] })];
  assert.equal(recallInWords({ slug: "ann" }), "Not tested: there are no test samples.");
});

test("a service that does not run is named with what that means", () => {
  assert.deepEqual(missingServices(services()), [
    "The trainer is not running. Trainings wait until it is back. Start it; the page goes on by itself.",
  ]);
});

test("a disk without room is named with what that means, and before what else is missing", () => {
  const [first, ...others] = missingServices(services({ disk: "Only 3 MB are free on the disk." }));
  assert.equal(
    first,
    "Only 3 MB are free on the disk. New people, samples and trainings are refused until there is room; what is there is kept.",
  );
  assert.equal(others.length, 1);
});

test("while Redis is away it alone is named: who runs is told by Redis", () => {
  const [only, ...others] = missingServices(services({ redis: "Redis does not answer", services: [] }));

  assert.match(only ?? "", /^Redis does not answer\. Nothing is lost/u);
  assert.deepEqual(others, []);
});

test("before it is known who runs, nothing is missing", () => {
  assert.deepEqual(missingServices(undefined), []);
});

test("what came of photographs is said with what was not taken", () => {
  const done = enrolment({ train_samples: 4, test_samples: 1 });

  assert.equal(resultOfPhotos(done, 0), "Ann: 4 new train samples and 1 new test sample.");
  assert.equal(
    resultOfPhotos({ ...done, refused: { "face not found": 2 } }, 3),
    "Ann: 4 new train samples and 1 new test sample. Not taken: 2 without a face, 3 unreadable.",
  );
});

test("what came of photographs of strangers is said with what was not taken", () => {
  assert.equal(resultOfStrangers({ stored: 2, known: 0, faceless: 0, unreadable: 0 }), "2 new faces of strangers.");
  assert.equal(
    resultOfStrangers({ stored: 1, known: 2, faceless: 1, unreadable: 3 }),
    "1 new face of strangers. Not taken: 2 that were there before, 1 photo without a face, 3 unreadable.",
  );
});

test("strangers of all sources are counted, and a source that is not named has none", () => {
  assert.equal(countStrangers({ fetched: 300, given: 20, marked: 1 }), 321);
  assert.equal(countStrangers({ given: 20 }), 20);
});

test("an enrolment is found by its camera while it collects", () => {
  live.enrolments = [
    { state: "collecting", split: "train", enrolment: enrolment({}, { camera: "door" }) },
    { state: "complete", split: "test", enrolment: enrolment({}, { camera: "desk" }) },
  ];

  assert.equal(collecting("door")?.enrolment.request.camera, "door");
  assert.equal(collecting("desk"), undefined);
  assert.equal(collecting(null), undefined);
});

test("an enrolment whose camera is away does not collect now", () => {
  live.enrolments = [{ state: "collecting", split: "train", enrolment: enrolment({}, { camera: "door" }) }];
  assert.equal(collectingNow(), undefined);
  live.cameras = [camera("door", { state: "failing" })];
  assert.equal(collectingNow(), undefined);
  live.cameras = [camera("door")];
  assert.equal(collectingNow()?.enrolment.request.camera, "door");
});

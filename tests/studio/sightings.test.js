import assert from "node:assert/strict";
import { test } from "node:test";
import { together } from "../../services/inference/studio/sightings.js";

/**
 * @param {string} id
 * @param {"came" | "left"} event
 * @param {string} at
 * @param {string | null} [person]
 * @returns {Http.Sighting}
 */
const entry = (id, event, at, person = "ann") =>
  ({ sighting_id: id, track_id: "t", camera: "door", event, person, confidence: 0.9, model_version: 1, at });

test("the entries of a sighting become one, and the newest sighting stays first", () => {
  const entries = [entry("2", "came", "12:05", null), entry("1", "left", "12:04"), entry("1", "came", "12:01")];

  assert.deepEqual(together(entries), [
    { person: null, camera: "door", came: "12:05" },
    { person: "ann", camera: "door", left: "12:04", came: "12:01" },
  ]);
});

test("of a sighting whose beginning is no longer listed the end is kept", () => {
  assert.deepEqual(together([entry("1", "left", "12:04")]), [{ person: "ann", camera: "door", left: "12:04" }]);
});

test("somebody who came twice was seen twice", () => {
  const entries = [entry("2", "came", "12:05"), entry("1", "left", "12:04"), entry("1", "came", "12:01")];
  assert.deepEqual(together(entries).map(({ person }) => person), ["ann", "ann"]);
});

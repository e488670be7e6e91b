import assert from "node:assert/strict";
import { test } from "node:test";
import { flattened } from "../../services/inference/studio/elements.js";

test("lists in one another become one list", () => {
  assert.deepEqual(flattened(["a", ["b", [["c"]], "d"]]), ["a", "b", "c", "d"]);
});

test("what is none shows nothing, and a nought is shown", () => {
  assert.deepEqual(flattened([null, undefined, false, "", 0, [null, 1]]), ["0", "1"]);
});

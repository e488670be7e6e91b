import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleOf } from "../../services/inference/studio/jpeg.js";

test("a large picture is made smaller by its longer side", () => {
  assert.equal(scaleOf({ width: 3200, height: 2400 }), 0.5);
  assert.equal(scaleOf({ width: 1000, height: 16_000 }), 0.1);
});

test("a small picture is never made larger", () => {
  assert.equal(scaleOf({ width: 640, height: 480 }), 1);
});

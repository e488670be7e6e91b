import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, lowestShown } from "../../services/inference/studio/charts.js";

test("the axis begins below the lowest point of either curve", () => {
  assert.equal(lowestShown([{ accuracy: 0.85, validation_accuracy: 0.95 }]), 0.7);
  const epochs = [{ accuracy: 0.95, validation_accuracy: 0.42 }, { accuracy: 1, validation_accuracy: 1 }];
  assert.equal(lowestShown(epochs), 0.3);
});

test("the axis begins at nothing at the lowest, and a little below all before the first epoch", () => {
  assert.equal(lowestShown([{ accuracy: 0.04, validation_accuracy: 0 }]), 0);
  assert.equal(lowestShown([]), 0.9);
});

test("curves are said in words by their newest epoch", () => {
  const epochs = [{ accuracy: 0.5, validation_accuracy: 0.4 }, { accuracy: 0.9, validation_accuracy: 0.875 }];

  const words = /2 of 10 over\. Now 90 % of the samples it learns from and 87\.5 % of those held back/u;
  assert.match(inWords(epochs, 10), words);
  assert.match(inWords([], 10), /none is over yet/u);
});

// The curves of a training, drawn as SVG: how right the answers were after each epoch.

import { h, svg } from "./elements.js";
import { percent } from "./words.js";

const WIDTH = 480;
const HEIGHT = 180;
const LEFT = 46;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;

/** @type {{ name: string, field: "accuracy" | "validation_accuracy", className: string }[]} */
const CURVES = [
  { name: "samples held back to check", field: "validation_accuracy", className: "checked" },
  { name: "samples it learns from", field: "accuracy", className: "learned" },
];

/**
 * Draw right answers by epoch; the axis has room for all epochs from the start, so that the curves grow into it.
 * @param {Http.Epoch[]} epochs
 * @param {number} total
 */
export function drawCurves(epochs, total) {
  const lowest = lowestShown(epochs);
  /** @param {number} epoch */
  const x = (epoch) => LEFT + ((epoch - 1) / Math.max(total - 1, 1)) * (WIDTH - LEFT - RIGHT);
  /** @param {number} share */
  const y = (share) => TOP + ((1 - share) / Math.max(1 - lowest, 0.1)) * (HEIGHT - TOP - BOTTOM);
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curves", role: "img", "aria-label": inWords(epochs, total) });
  for (const share of [lowest, (1 + lowest) / 2, 1]) {
    picture.append(
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share), class: "grid" }),
      svg("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share)));
  }
  for (let epoch = 1; epoch <= total; epoch += Math.max(1, Math.ceil(total / 10))) {
    picture.append(svg("text", { x: x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, epoch));
  }
  for (const { field, className } of CURVES) {
    const points = epochs.map((epoch) => ({ cx: x(epoch.epoch), cy: y(epoch[field]), kept: epoch.kept }));
    picture.append(svg("polyline", { points: points.map(({ cx, cy }) => `${cx},${cy}`).join(" "), class: className }));
    for (const { cx, cy, kept } of points) {
      picture.append(svg("circle", { cx, cy, r: kept && field === "validation_accuracy" ? 5.5 : 3, class: className }));
    }
  }
  const key = CURVES.map(({ name, className }) => h("span", { className: `key ${className}` }, name));
  return h("figure", {}, picture, h("figcaption", {}, "Right answers after each epoch: ", key, ". Larger dots: weights that were kept."));
}

/**
 * The share at which the axis begins: a step of a tenth or two below the lowest of a curve.
 * @param {Pick<Http.Epoch, "accuracy" | "validation_accuracy">[]} epochs
 */
export function lowestShown(epochs) {
  const shares = epochs.flatMap((epoch) => CURVES.map(({ field }) => epoch[field]));
  return Math.max(0, Math.floor(Math.min(1, ...shares) * 10 - 1) / 10);
}

/**
 * Say what the curves show, for whoever does not see them.
 * @param {Pick<Http.Epoch, "accuracy" | "validation_accuracy">[]} epochs
 * @param {number} total
 */
export function inWords(epochs, total) {
  const last = epochs.at(-1);
  if (!last) return "Right answers by epoch: none is over yet.";
  return `Right answers by epoch, ${epochs.length} of ${total} over. Now ${percent(last.accuracy)} of the samples it learns from and ${percent(last.validation_accuracy)} of those held back to check.`;
}

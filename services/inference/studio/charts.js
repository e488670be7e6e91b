// The curves of a training, drawn as SVG: how right the answers were after each epoch.

import { h, svg } from "./elements.js";
import { percent } from "./words.js";

const WIDTH = 480;
const HEIGHT = 180;
const LEFT = 46;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;

const CURVES = [
  { name: "samples held back to check", field: "validation_accuracy", className: "checked" },
  { name: "samples it learns from", field: "accuracy", className: "learned" },
];

/** Draw right answers by epoch; the axis has room for all epochs from the start, so that the curves grow into it. */
export function drawCurves(epochs, total) {
  const lowest = Math.max(0, Math.floor(Math.min(1, ...epochs.flatMap((epoch) => CURVES.map(({ field }) => epoch[field]))) * 10 - 1) / 10);
  const x = (epoch) => LEFT + ((epoch - 1) / Math.max(total - 1, 1)) * (WIDTH - LEFT - RIGHT);
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
    const points = epochs.map((epoch) => [x(epoch.epoch), y(epoch[field])]);
    picture.append(svg("polyline", { points: points.map((point) => point.join(",")).join(" "), class: className }));
    for (const [index, [cx, cy]] of points.entries()) {
      picture.append(svg("circle", { cx, cy, r: epochs[index].kept && field === "validation_accuracy" ? 5.5 : 3, class: className }));
    }
  }
  const key = CURVES.map(({ name, className }) => h("span", { className: `key ${className}` }, name));
  return h("figure", {}, picture, h("figcaption", {}, "Right answers after each epoch: ", key, ". Larger dots: weights that were kept."));
}

function inWords(epochs, total) {
  const last = epochs.at(-1);
  if (!last) return "Right answers by epoch: none is over yet.";
  return `Right answers by epoch, ${epochs.length} of ${total} over. Now ${percent(last.accuracy)} of the samples it learns from and ${percent(last.validation_accuracy)} of those held back to check.`;
}

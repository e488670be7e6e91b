// Samples that are being collected: of whom, on which camera, and how to stop it.

import { remove } from "./api.js";
import { action, at, h, say } from "./elements.js";
import { follow, live, refresh } from "./poll.js";

/** @import { Stage } from "./stage.js" */

const ongoing = () => (live.enrolments ?? []).filter(({ state }) => state === "collecting");

/** @param {string} camera */
const isThere = (camera) => Boolean(live.cameras?.some((seen) => seen.camera === camera && seen.state === "running"));

/**
 * Find the enrolment that runs on a camera.
 * @param {string | null} camera
 */
export const collecting = (camera) => ongoing().find(({ enrolment }) => enrolment.request.camera === camera);

/** Find an enrolment whose camera gives pictures. */
export const collectingNow = () => ongoing().find(({ enrolment }) => isThere(enrolment.request.camera));

/**
 * Stop collecting on a camera; what was collected stays.
 * @param {string | null} camera
 */
export async function stopCollecting(camera) {
  if (camera === null || !collecting(camera)) return;
  await remove(`v1/enrolments/${encodeURIComponent(camera)}`);
  await refresh("enrolments");
}

/** Shows enrolments on other cameras than the one that is shown, as of a page that was closed, each with a way to stop it. */
export class CollectingElsewhere {
  /** @type {Map<string, { words: HTMLElement, element: HTMLElement }>} */
  #rows = new Map();
  #list = h("ul", { className: "elsewhere" });

  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    at("collecting-elsewhere").append(this.#list);
    follow(["enrolments", "cameras"], () => this.#update());
    stage.addEventListener("camera", () => this.#update());
  }

  #update() {
    const elsewhere = ongoing().filter(({ enrolment }) => enrolment.request.camera !== this.stage.camera);
    for (const [id, row] of this.#rows) {
      if (!elsewhere.some(({ enrolment }) => enrolment.request.enrolment_id === id)) {
        row.element.remove();
        this.#rows.delete(id);
      }
    }
    for (const { enrolment } of elsewhere) {
      const { enrolment_id: id, camera, name } = enrolment.request;
      let row = this.#rows.get(id);
      if (!row) {
        const words = h("span", {});
        row = { words, element: h("li", {}, words, action("Stop", () => stopCollecting(camera), { "aria-label": `Stop collecting samples of ${name}` })) };
        this.#rows.set(id, row);
        this.#list.append(row.element);
      }
      say(row.words, isThere(camera)
        ? `Samples of ${name} are being collected by another camera: ${enrolment.train_samples} train, ${enrolment.test_samples} test.`
        : `Collecting samples of ${name} stands still: its camera is away.`);
    }
  }
}

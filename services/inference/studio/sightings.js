// Who came and who left, newest first.

import { at, h, show } from "./elements.js";
import { follow, live } from "./poll.js";
import { nameOf } from "./stage.js";
import { clock } from "./words.js";

const MOST_SHOWN = 20;

export class Sightings {
  #list = h("ol", { className: "sightings" });
  #empty = h("p", { className: "hint" }, "Nobody has been seen yet.");

  constructor() {
    follow(["sightings", "people"], () => this.#update());
  }

  #update() {
    const sightings = together(live.sightings ?? []).slice(0, MOST_SHOWN);
    show(at("sightings-list"), sightings.length ? this.#list : this.#empty);
    show(this.#list, sightings.map(({ person, camera, came, left }) => {
      const who = person ? nameOf(person) : "Somebody unknown";
      const begin = came ? clock(came) : "…";
      const when = left ? `${begin} to ${clock(left)}` : `since ${begin}`;
      return h("li", { className: person ? "known" : "unknown" }, h("strong", {}, who), ` ${when} `, h("small", {}, camera.startsWith("browser-") ? "a browser's camera" : camera));
    }));
  }
}

/**
 * Put the two entries of each sighting together; they come newest first.
 * @param {Http.Sighting[]} entries
 */
export function together(entries) {
  /** @type {Map<string, Pick<Http.Sighting, "person" | "camera"> & Partial<Record<Http.Sighting["event"], string>>>} */
  const sightings = new Map();
  for (const { sighting_id: id, event, at: time, person, camera } of entries) {
    const sighting = sightings.get(id) ?? { person, camera };
    sighting[event] = time;
    sightings.set(id, sighting);
  }
  return [...sightings.values()];
}

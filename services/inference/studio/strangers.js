// Strangers: faces of people who are not enrolled, from which "unknown" is learned.

import { get, post } from "./api.js";
import { action, ask, at, h, say, show } from "./elements.js";
import { follow, live, refresh } from "./poll.js";
import { deleteShown } from "./people.js";
import { asJpeg } from "./jpeg.js";
import { counted, joined, reasonOf } from "./words.js";

/** @type {[source: Http.StrangerSource, words: string][]} */
const SOURCES = [["fetched", "of a public collection"], ["given", "from photos"], ["marked", "marked as a stranger's"]];
// Those of a public collection are thousands, and nobody here has chosen them.
const LOOKED_THROUGH = SOURCES.filter(([source]) => source !== "fetched");

/**
 * How many faces of strangers there are, of all sources.
 * @param {Partial<Record<Http.StrangerSource, number>>} strangers
 */
export const countStrangers = (strangers) => SOURCES.reduce((sum, [source]) => sum + (strangers[source] ?? 0), 0);

/** Shows how many there are, and takes more from photographs. */
export class Strangers {
  #counts = h("p", { className: "counts" });
  #photos = h("input", { id: "stranger-photos", type: "file", accept: "image/*", multiple: true, className: "hidden-input", onchange: () => this.#upload() });
  #faces = action("Look through them", () => lookThrough());
  #said = h("p", { role: "status", className: "said" });
  #trouble = h("p", { role: "alert", className: "trouble-text" });

  constructor() {
    show(at("strangers"), h("div", { className: "card" }, h("h3", {}, "Strangers"), this.#counts,
      h("p", { className: "hint" }, "From faces of people who are not enrolled it learns whom to call unknown. The more, the better."),
      h("div", { className: "buttons" }, h("label", { htmlFor: "stranger-photos", className: "button" }, "Upload photos of strangers"), this.#photos, this.#faces),
      this.#trouble, this.#said));
    follow(["strangers"], () => this.#update());
  }

  #update() {
    const strangers = live.strangers;
    if (!strangers) return;
    const parts = SOURCES.filter(([source]) => strangers[source]).map(([source, words]) => `${counted(strangers[source], "face")} ${words}`);
    say(this.#counts, parts.length ? `${joined(parts)}.` : "There are no faces yet: a stranger may well get somebody's name.");
    this.#faces.hidden = !LOOKED_THROUGH.some(([source]) => strangers[source]);
  }

  async #upload() {
    const files = [...(this.#photos.files ?? [])];
    this.#photos.value = "";
    this.#trouble.textContent = "";
    const count = { stored: 0, known: 0, faceless: 0, unreadable: 0 };
    try {
      for (const [place, file] of files.entries()) {
        say(this.#said, `${place} of ${counted(files.length, "photo")} looked at, ${counted(count.stored, "new face")} so far.`);
        const jpeg = await asJpeg(file);
        if (!jpeg) {
          count.unreadable += 1;
          continue;
        }
        const { faces, stored } = await post("v1/strangers", jpeg);
        count.stored += stored;
        count.known += faces - stored;
        count.faceless += faces ? 0 : 1;
      }
      say(this.#said, resultOf(count));
    } catch (error) {
      say(this.#said, resultOf(count));
      this.#trouble.textContent = `${reasonOf(error)} Choose the photos again then: no face is kept twice.`;
    }
    await refresh("strangers");
  }
}

/**
 * Say what came of photographs of strangers.
 * @param {{ stored: number, known: number, faceless: number, unreadable: number }} count
 */
export function resultOf({ stored, known, faceless, unreadable }) {
  const not = [known && `${known} that were there before`, faceless && `${counted(faceless, "photo")} without a face`, unreadable && `${unreadable} unreadable`].filter(Boolean);
  return `${counted(stored, "new face")} of strangers.${not.length ? ` Not taken: ${not.join(", ")}.` : ""}`;
}

/** Show the faces that somebody here has chosen, to delete those that are no stranger's. */
async function lookThrough() {
  const lists = await Promise.all(LOOKED_THROUGH.map(async ([source, words]) =>
    (await get(`v1/strangers/${source}`)).map((id) => ({ path: /** @type {const} */ (`v1/strangers/${source}/${id}`), words }))));
  const trouble = h("p", { role: "alert", className: "trouble-text" });
  const grid = h("ul", { className: "samples" }, lists.flat().map(({ path, words }, place) => {
    const label = `Delete face ${place + 1}`;
    const item = h("li", {}, h("button", { type: "button", "aria-label": label, title: label, onclick: async () => {
      if (await deleteShown(item, path, trouble)) await refresh("strangers");
    } }, h("img", { src: path, alt: "", width: 64, height: 64, loading: "lazy" })), h("span", {}, words));
    return item;
  }));
  await ask("Faces of strangers", [h("p", {}, "Press a face to delete it: somebody whom Familiar is to know, or no face at all."), trouble, grid], []);
}

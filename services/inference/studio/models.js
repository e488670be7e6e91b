// Model versions: how good each is, its layers, what it learned from, and which one answers.

import { post } from "./api.js";
import { action, at, h, say, show } from "./elements.js";
import { follow, live, refresh } from "./poll.js";
import { nameOf } from "./stage.js";
import { manifestOf, notesOf, recallsOf } from "./training.js";
import { counted, dateAndTime, joined, reasonOf } from "./words.js";

/** @type {Record<Http.ModelSummary["state"], string>} */
const STATES = {
  ready: "answers now",
  loading: "is being loaded",
  retiring: "is being replaced",
  failed: "is broken",
  rejected: "was refused",
  stored: "",
};

/** Shows every version, the newest first. */
export class Models {
  /** @type {Map<number, Row>} */
  #rows = new Map();
  #list = h("ol", { className: "models", reversed: true });
  #pinned = h("p", { className: "pinned" });
  #unpin = action("Follow the newest again", async () => {
    await post("v1/models/unpin");
    await refresh("models", "services");
  });
  #empty = h("p", { className: "hint" }, "There is no model yet. The first training makes one.");
  #whole = h("div", {}, this.#pinned, this.#unpin, this.#list);

  constructor() {
    show(at("models-list"), h("p", { className: "hint" }, "Loading."));
    follow(["models", "people"], () => this.#update());
  }

  #update() {
    if (!live.models) return;
    show(at("models-list"), live.models.length ? this.#whole : this.#empty);
    const pinned = live.models.find((model) => model.pinned);
    this.#pinned.hidden = !pinned;
    this.#unpin.hidden = !pinned;
    if (pinned) say(this.#pinned, `Version ${pinned.version} was chosen: it stays, also when you train again.`);
    for (const [version, row] of this.#rows) {
      if (!live.models.some((model) => model.version === version)) {
        row.element.remove();
        this.#rows.delete(version);
      }
    }
    for (const model of live.models) {
      let row = this.#rows.get(model.version);
      if (!row) {
        row = new Row(model.version);
        this.#rows.set(model.version, row);
        this.#list.prepend(row.element);
      }
      row.update(model);
    }
  }
}

class Row {
  #state = h("span", { className: "state-of-model" });
  #figures = h("p", { className: "figures" });
  #people = h("p", {});
  #detail = h("p", { className: "trouble" });
  #activate;
  #more = h("div", {});

  /** @param {number} version */
  constructor(version) {
    this.#activate = action(`Serve version ${version}`, async () => {
      const model = await post(`v1/models/${version}/activate`);
      await refresh("models", "services");
      if (model.state === "failed") throw new Error(model.detail ?? STATES.failed);
    });
    /**
     * @param {string} path
     * @param {string} words
     */
    const download = (path, words) => h("a", { href: `v1/models/${version}/${path}`, download: "" }, words);
    const details = h("details", { ontoggle: () => details.open && this.#showMore(version) }, h("summary", {}, "Layers, augmentation, downloads"), this.#more,
      h("p", { className: "downloads" }, download("keras", "Download .keras"), " ", download("bundle", "Download .tflite with labels and an example")));
    this.element = h("li", { value: version, "data-version": version }, h("h3", {}, `Version ${version} `, this.#state), this.#detail, this.#figures, this.#people,
      h("div", { className: "buttons" }, this.#activate), details);
  }

  /** @param {Http.ModelSummary} model */
  update(model) {
    this.element.className = `model ${model.state}`;
    this.element.dataset.state = model.state;
    say(this.#state, `${STATES[model.state]}${model.pinned ? ", chosen" : ""}`);
    say(this.#detail, model.detail ?? "");
    this.#detail.hidden = !model.detail;
    this.#activate.hidden = model.state === "ready";
    say(this.#people, recallsOf(model.people) || joined(model.people.map((person) => nameOf(person.slug))));
    say(this.#figures, model.figures && model.created_at ? `${dateAndTime(model.created_at)}: ${model.figures}` : "");
  }

  /** @param {number} version */
  async #showMore(version) {
    if (this.#more.querySelector("table")) return;
    show(this.#more, h("p", { className: "hint" }, "Loading."));
    try {
      show(this.#more, ...more(await manifestOf(version)));
    } catch (error) {
      show(this.#more, h("p", { className: "trouble" }, reasonOf(error)));
    }
  }
}

/** @param {Http.Manifest} manifest */
function more(manifest) {
  const frozen = manifest.layers.filter((layer) => !layer.trainable).length;
  /** @param {Http.Layer[]} layers */
  const parameters = (layers) => layers.reduce((sum, layer) => sum + layer.parameters, 0).toLocaleString();
  /** @param {Http.Layer} layer */
  const learns = (layer) => layer.trainable && layer.parameters > 0;
  const trained = manifest.layers.filter(learns);
  const bases = manifest.descriptor ? "MobileNet, the face descriptor and around them" : "MobileNet and around it";
  return [
    notesOf(manifest),
    h("h4", {}, "What augmentation makes of a face"),
    manifest.findings
      ? h("img", { className: "augmentation", loading: "lazy", src: `v1/models/${manifest.version}/pictures/${manifest.findings.augmentation}`, alt: "Rows of faces: each as it was taken, and beside it moved, turned and relit as it was learned from" })
      : h("p", { className: "hint" }, "This version is from before such pictures were kept."),
    h("p", { className: "hint" }, "The left picture of each row is as it was taken; the others are what an epoch may see of it."),
    h("h4", {}, "Layers"),
    h("p", {}, `${counted(frozen, "layer")} of ${bases} stay as they are; ${counted(trained.length, "layer")} with ${parameters(trained)} parameters ${trained.length === 1 ? "learns" : "learn"}.`),
    h("div", { className: "wide layers", tabIndex: 0, role: "group", "aria-label": "Layers" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Name", "Class", "Learns", "Parameters"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, manifest.layers.map((layer) => h("tr", { className: learns(layer) ? "trained" : "" },
        h("th", { scope: "row" }, layer.name), h("td", {}, layer.kind), h("td", {}, layer.trainable ? (learns(layer) ? "trained" : "nothing to learn") : "frozen"), h("td", { className: "number" }, layer.parameters.toLocaleString())))))),
  ];
}

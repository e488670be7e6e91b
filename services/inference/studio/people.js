// A card for each person: samples and on how many days they were taken, how well they are recognised, rename, forget.

import { Problem, get, patch, remove } from "./api.js";
import { ask, at, h, say, show, within } from "./elements.js";
import { follow, live, refresh } from "./poll.js";
import { counted, percent, reasonOf, receiptInWords, sessionsInWords } from "./words.js";

/** @import { AddPerson } from "./enrolment.js" */

const THUMBNAILS = 8;
const THUMBNAILS_EVERY_MILLISECONDS = 2000;

/** The version that answers now, or undefined. */
export const servedModel = () => live.models?.find(({ state }) => state === "ready");

/** Shows everybody. */
export class People {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #empty = h("div", { className: "empty" },
    h("p", {}, "Nobody is enrolled yet. This is how it goes:"),
    h("ol", {}, h("li", {}, "Write a name, press Start, and look into the camera."),
      h("li", {}, "Do the same with a second person."), h("li", {}, "Press Train, and see names appear.")));
  #list = h("ul", { className: "cards" });

  /** @param {AddPerson} addPerson */
  constructor(addPerson) {
    this.addPerson = addPerson;
    show(at("people-list"), h("p", { className: "hint" }, "Loading."));
    follow(["people", "models"], () => this.#update());
  }

  #update() {
    if (!live.people) return;
    show(at("people-list"), live.people.length ? this.#list : this.#empty);
    for (const [slug, card] of this.#cards) {
      if (!live.people.some((person) => person.slug === slug)) {
        card.element.remove();
        this.#cards.delete(slug);
      }
    }
    for (const person of live.people) {
      let card = this.#cards.get(person.slug);
      if (!card) {
        card = new Card(person, this.addPerson);
        this.#cards.set(person.slug, card);
        this.#list.append(card.element);
      }
      card.update(person);
    }
  }
}

class Card {
  #name = h("h3", {});
  #counts = h("p", { className: "counts" });
  #sessions = h("p", { className: "counts" });
  #recall = h("p", { className: "recall" });
  #thumbnails = h("div", { className: "thumbnails" });
  #shown = "";
  #askedAt = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;

  /**
   * @param {Http.Person} person
   * @param {AddPerson} addPerson
   */
  constructor(person, addPerson) {
    this.person = person;
    /**
     * @param {string} label
     * @param {() => void} act
     */
    const button = (label, act) => h("button", { type: "button", onclick: act }, label);
    this.element = h("li", { className: "card" }, this.#name, this.#counts, this.#sessions, this.#recall, this.#thumbnails,
      h("div", { className: "buttons" },
        button("All samples", () => showSamples(this.person)),
        button("Collect more", () => addPerson.collectMore(this.person)),
        button("Rename", () => rename(this.person)),
        h("button", { type: "button", className: "danger", onclick: () => forget(this.person) }, "Forget")));
  }

  /** @param {Http.Person} person */
  update(person) {
    this.person = person;
    this.element.dataset.person = person.slug;
    say(this.#name, person.name);
    say(this.#counts, `${person.train_samples} train, ${person.test_samples} test samples`);
    say(this.#sessions, sessionsInWords(person));
    this.#sessions.hidden = !person.sessions;
    say(this.#recall, recallInWords(person));
    const shown = `${person.train_samples} ${person.test_samples}`;
    if (shown !== this.#shown && !this.#timer) {
      // While samples come in, their pictures are not loaded with each of them.
      const wait = Math.max(0, this.#askedAt + THUMBNAILS_EVERY_MILLISECONDS - performance.now());
      this.#timer = setTimeout(() => this.#load(), wait);
    }
  }

  async #load() {
    this.#timer = null;
    this.#askedAt = performance.now();
    const { slug, train_samples: train, test_samples: test } = this.person;
    try {
      const samples = await get(`v1/people/${slug}/samples`);
      const step = Math.max(1, Math.floor(samples.length / THUMBNAILS));
      const chosen = samples.filter((_, place) => place % step === 0).slice(0, THUMBNAILS);
      show(this.#thumbnails, chosen.map((sample) => picture(slug, sample, "")));
      this.#shown = `${train} ${test}`;
    } catch {
      // Asked again with the next news of this person; what is shown stays.
    }
  }
}

/**
 * How well the version that answers now recognises somebody.
 * @param {Pick<Http.Person, "slug">} person
 */
export function recallInWords(person) {
  const model = servedModel();
  const known = model?.people.find(({ slug }) => slug === person.slug);
  if (!model) return "No model yet.";
  if (!known) return "Not learned yet: train.";
  if (known.recall === null) return "Not tested: there are no test samples.";
  return `Recognised in ${percent(known.recall)} of ${counted(known.test_samples, "test picture")}.`;
}

/**
 * @param {string} slug
 * @param {Http.SampleSummary} sample
 * @param {string} alt
 */
function picture(slug, sample, alt) {
  return h("img", { src: `v1/people/${slug}/samples/${sample.sample_id}`, alt, width: 64, height: 64, loading: "lazy" });
}

/** @param {Http.Person} person */
async function showSamples(person) {
  const grid = h("ul", { className: "samples" });
  const count = h("p", { role: "status" }, "Loading.");
  const trouble = h("p", { role: "alert", className: "trouble-text" });
  const load = async () => {
    const samples = await get(`v1/people/${person.slug}/samples`);
    say(count, samples.length ? "Press a sample that shows somebody else, or no face, to delete it." : "There are no samples.");
    show(grid, samples.map((sample, place) => {
      const label = `Delete ${sample.split} sample ${place + 1}`;
      const item = h("li", { className: sample.split }, h("button", { type: "button", "aria-label": label, title: label, onclick: async () => {
        if (await deleteShown(item, `v1/people/${person.slug}/samples/${sample.sample_id}`, trouble)) await refresh("people");
      } }, picture(person.slug, sample, ""), h("span", {}, sample.corrected ? "corrected" : sample.split)));
      return item;
    }));
  };
  load().catch((error) => say(count, reasonOf(error)));
  await ask(`Samples of ${person.name}`, [count, trouble, grid], []);
}

/**
 * Delete what a list item shows and then the item, and answer whether that went well.
 * @param {HTMLLIElement} item
 * @param {Http.Deletes} path
 * @param {HTMLElement} trouble - says why not
 */
export async function deleteShown(item, path, trouble) {
  trouble.textContent = "";
  try {
    await remove(path);
  } catch (error) {
    // What is gone already was to go.
    if (!(error instanceof Problem && error.status === 404)) {
      trouble.textContent = reasonOf(error);
      return false;
    }
  }
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  if (neighbour) within(neighbour, "button").focus();
  return true;
}

/** @param {Http.Person} person */
async function rename(person) {
  const name = h("input", { value: person.name, maxLength: 64, id: "renamed" });
  await ask(`Rename ${person.name}`, [h("label", { htmlFor: "renamed" }, "New name"), name], [
    { label: "Rename", kind: "primary", act: () => patch(`v1/people/${person.slug}`, { name: name.value }) },
  ]);
  await refresh("people");
}

/** @param {Http.Person} person */
async function forget(person) {
  const samples = person.train_samples + person.test_samples;
  const versions = (live.models ?? []).filter((model) => model.people.some(({ slug }) => slug === person.slug)).length;
  const learned = versions ? `, ${counted(versions, "model version")} that ${versions === 1 ? "knows" : "know"} ${person.name}, and what was seen lately. Then the others are trained again, if enough are left.` : ".";
  const words = `This deletes ${counted(samples, "sample")}${learned}`;
  const marked = live.strangers?.marked ? h("p", {}, "Faces that were marked as a stranger's stay: look through them under Strangers.") : null;
  const forgotten = await ask(`Forget ${person.name}?`, [h("p", {}, words), marked, h("p", {}, "It cannot be undone.")], [
    { label: "Forget", kind: "danger", act: () => /** @type {Promise<Http.Forgotten>} */ (remove(`v1/people/${person.slug}`)) },
  ]);
  if (forgotten) say(at("people-receipt"), receiptInWords(forgotten));
  await refresh("people", "models", "services", "enrolments");
}

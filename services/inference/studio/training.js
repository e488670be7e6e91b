// Training: what is new, the button, how a training goes, and what came of it.

import { drawCurves } from "./charts.js";
import { get, post } from "./api.js";
import { collectingNow } from "./collecting.js";
import { action, at, h, say, show, within } from "./elements.js";
import { follow, live, refresh } from "./poll.js";
import { nameOf } from "./stage.js";
import { countStrangers } from "./strangers.js";
import { counted, dateAndTime, joined, percent } from "./words.js";

const RETRY_MILLISECONDS = 2000;

/** @type {Map<number, Promise<Http.Manifest>>} */
const manifests = new Map();

/**
 * All that a version says of itself; it never changes, and is asked for once.
 * @param {number} version
 */
export function manifestOf(version) {
  const known = manifests.get(version);
  if (known) return known;
  const asked = get(`v1/models/${version}`);
  asked.catch(() => manifests.delete(version));
  manifests.set(version, asked);
  return asked;
}

/**
 * Whether a training is waiting or running.
 * @param {Http.TrainingJob | undefined} job
 */
export const isUnderWay = (job) => job?.state === "queued" || job?.state === "started";

/**
 * Show what stands between backticks as commands.
 * @param {string} text
 */
export function withCommands(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}

/** Shows the button, and the training that runs. */
export class Training {
  #suggestion = h("p", { className: "suggestion", role: "status" });
  #button = action("Train", async () => {
    await post("v1/training-jobs", {});
    await refresh("jobs");
  }, { id: "train-button" });
  #step = h("p", { className: "step", role: "status" });
  #bar = h("progress", { id: "epochs", "aria-label": "Epochs", max: 1, value: 0 });
  #count = h("output", {});
  #curves = h("div", {});
  #running = h("div", { className: "running" }, this.#step, h("div", { className: "counter" }, h("span", {}, "Epochs"), this.#bar, this.#count), this.#curves);
  #failed = h("p", { className: "trouble", role: "alert" });
  #round = 0;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #retry = null;

  constructor() {
    show(at("training"), this.#suggestion, this.#button, this.#running, this.#failed);
    follow(["jobs", "people", "models", "strangers", "services", "enrolments", "cameras"], () => this.#update());
  }

  async #update() {
    this.#round += 1;
    const round = this.#round;
    const [job] = live.jobs ?? [];
    const runs = isUnderWay(job);
    this.#running.hidden = !runs;
    this.#button.hidden = runs;
    if (job && runs) this.#showProgress(job);
    this.#failed.hidden = job?.state !== "failed";
    if (job?.state === "failed") say(this.#failed, `The last training failed. ${job.error?.detail ?? ""}`);
    const button = within(this.#button, "button");
    const suggestion = runs ? null : await this.#suggest();
    if (round !== this.#round) return;
    say(this.#suggestion, suggestion?.words ?? "");
    this.#suggestion.hidden = !suggestion;
    button.classList.toggle("primary", Boolean(suggestion?.train));
    if (button.ariaBusy !== "true") button.disabled = !suggestion?.possible;
  }

  /** @param {Http.TrainingJob} job */
  #showProgress(job) {
    const { epochs = [], epochs_total: total = 0, step = "starting" } = job.progress ?? {};
    const away = live.services?.services.some(({ service, running }) => service === "trainer" && !running);
    say(this.#step, away ? "The trainer is not running. The training waits, and begins when it is back." : `${job.state === "queued" ? "Waiting for the trainer" : step.slice(0, 1).toUpperCase() + step.slice(1)}.`);
    this.#bar.max = Math.max(total, 1);
    this.#bar.value = epochs.length;
    say(this.#count, total ? `${epochs.length} of ${total}` : "");
    const drawn = JSON.stringify(epochs);
    if (this.#curves.dataset.drawn !== drawn) {
      this.#curves.dataset.drawn = drawn;
      show(this.#curves, epochs.length ? drawCurves(epochs, total) : "");
    }
  }

  /**
   * Say what a training would learn that the newest version does not know.
   * @returns {Promise<{ words: string, possible: boolean, train?: boolean }>}
   */
  async #suggest() {
    if (!live.people || !live.models || !live.strangers) return { words: "Loading.", possible: false };
    const learnable = live.people.filter((person) => person.train_samples);
    const strangers = countStrangers(live.strangers);
    const [first] = learnable;
    if (!live.people.length) return { words: "Add somebody first: there is nobody to learn.", possible: false };
    if (!first) return { words: "There are no train samples yet.", possible: false };
    const running = collectingNow();
    if (running) return { words: `Samples of ${running.enrolment.request.name} are being collected. Train when that is done.`, possible: true };
    if (learnable.length === 1 && !strangers && !live.models.length) {
      return { words: `Add a second person, so that there is somebody to tell ${first.name} from.`, possible: true };
    }
    const newest = live.models.filter(({ created_at: created }) => created).at(-1);
    if (!newest) {
      const samples = learnable.reduce((sum, person) => sum + person.train_samples, 0);
      return { words: `There is something to learn: ${joined(learnable.map(({ name }) => name))}, ${counted(samples, "train sample")}.`, possible: true, train: true };
    }
    const manifest = await manifestOf(newest.version).catch(() => null);
    if (!manifest) {
      this.#retry ??= setTimeout(() => { this.#retry = null; this.#update(); }, RETRY_MILLISECONDS);
      return { words: `What version ${newest.version} has learned cannot be read just now.`, possible: true };
    }
    const news = newsSince(manifest, live.people, live.strangers);
    if (!news.length) return { words: `There is nothing new since version ${newest.version}.`, possible: true };
    return { words: `New since version ${newest.version}: ${news.join("; ")}. Train to learn it.`, possible: true, train: true };
  }
}

/**
 * Say what there is that a version has not learned, in words.
 * @param {Pick<Http.Manifest, "people" | "strangers">} manifest
 * @param {Http.Person[]} people
 * @param {Http.StrangersSummary} strangers
 */
export function newsSince(manifest, people, strangers) {
  const known = new Map(manifest.people.map((person) => [person.slug, person]));
  const news = [];
  for (const person of people) {
    const before = known.get(person.slug);
    if (!before) {
      news.push(person.name);
      continue;
    }
    const more = person.train_samples + person.test_samples - before.train_samples - before.test_samples - before.tests_left_out;
    if (more > 0) news.push(`${counted(more, "more sample")} of ${person.name}`);
    else if (more < 0) news.push(`${counted(-more, "sample")} of ${person.name} deleted`);
  }
  for (const { slug, name } of manifest.people) {
    if (!people.some((person) => person.slug === slug)) news.push(`${name} is gone`);
  }
  const more = countStrangers(strangers) - countStrangers(manifest.strangers);
  if (more) news.push(`${counted(Math.abs(more), "face of a stranger", "faces of strangers")}${more < 0 ? " deleted" : ""}`);
  return news;
}

/** Shows what came of the newest training: a verdict in words, who is taken for whom, mistakes, and what to do next. */
export class Verdict {
  /** @type {string | null} */
  #shown = null;

  constructor() {
    follow(["models", "jobs", "people"], () => this.#update());
  }

  async #update() {
    const newest = live.models?.filter(({ created_at: created }) => created).at(-1);
    // A version goes with whoever is forgotten; its pictures are gone before the list says so.
    if (!newest || newest.people.some((known) => live.people?.every(({ slug }) => slug !== known.slug))) {
      show(at("verdict"));
      this.#shown = null;
      return;
    }
    const key = JSON.stringify([newest.version, (live.people ?? []).map(({ name }) => name)]);
    if (key === this.#shown) return;
    this.#shown = key;
    const manifest = await manifestOf(newest.version).catch(() => null);
    if (key !== this.#shown) return;
    if (manifest) show(at("verdict"), verdictPanel(manifest, newest.figures));
    else setTimeout(() => { if (this.#shown === key) { this.#shown = null; this.#update(); } }, RETRY_MILLISECONDS);
  }
}

/**
 * Say how many of the test samples of each person got the right name, the best first; nothing where there are none.
 * @param {Pick<Http.ManifestPerson, "slug" | "recall">[]} people
 */
export function recallsOf(people) {
  const tested = people.flatMap(({ slug, recall }) => (recall === null ? [] : [{ slug, recall }]));
  return tested.sort((one, other) => other.recall - one.recall).map(({ slug, recall }) => `${nameOf(slug)} ${percent(recall)}`).join(", ");
}

/**
 * @param {Http.Manifest} manifest
 * @param {Http.ModelSummary["figures"]} figures
 */
function verdictPanel(manifest, figures) {
  const { gate } = manifest;
  const rejected = gate !== null && !gate.accepted;
  const named = { ...manifest, people: manifest.people.map((person) => ({ ...person, name: nameOf(person.slug) })) };
  const recalls = recallsOf(manifest.people);
  const findings = manifest.findings;
  return h("div", { className: "panel verdict", "data-version": manifest.version },
    h("h3", {}, rejected ? `Version ${manifest.version} was refused` : `Version ${manifest.version}`),
    rejected && h("p", { className: "trouble" }, gate.reason),
    recalls && h("p", { className: "headline" }, `${recalls}.`),
    findings && h("p", {}, findings.verdict),
    h("p", { className: "hint" }, `Trained ${dateAndTime(manifest.created_at)} in ${counted(Math.round(manifest.training_seconds), "second")}: ${figures ?? ""} `,
      h("a", { href: `v1/models/${manifest.version}/report`, target: "_blank", rel: "noopener" }, "The whole report")),
    findings && nextSteps(findings),
    notesOf(manifest),
    confusionTable(named),
    findings && mistakesOf(manifest.version, findings),
    h("details", {}, h("summary", {}, "How the epochs went"), drawCurves(manifest.history, manifest.options.epochs)));
}

/**
 * Say what a training had to do without; nothing where there was all that it takes.
 * @param {Pick<Http.Manifest, "notes">} manifest
 */
export function notesOf({ notes }) {
  if (!notes.length) return null;
  return h("div", { className: "notes" }, h("h4", {}, "What this training had to do without"), h("ul", {}, notes.map((note) => h("li", {}, withCommands(note)))));
}

/** @param {Http.Findings} findings */
function nextSteps(findings) {
  const people = findings.people.filter(({ steps, collect }) => steps.length || collect);
  if (!people.length && !findings.strangers_steps.length) return h("p", {}, "There is nothing that needs doing.");
  return h("div", { className: "next" }, h("h4", {}, "What to collect next"), h("ul", {},
    people.map(({ slug, steps, collect }) => h("li", {}, h("strong", {}, nameOf(slug)), ": ",
      steps.length ? steps.map((step) => [...withCommands(step), " "]) : `collect ${collect}.`)),
    findings.strangers_steps.map((step) => h("li", {}, h("strong", {}, "Strangers"), ": ", withCommands(step)))));
}

/** @param {Pick<Http.Manifest, "people" | "metrics">} manifest */
function confusionTable({ people, metrics }) {
  if (!metrics.confusion.length || !metrics.test_samples) return null;
  const rows = metrics.confusion.map((counts, row) => h("tr", {}, h("th", { scope: "row" }, people[row]?.name),
    counts.map((count, column) => h("td", { className: count ? (row === column ? "hit" : "miss") : "" }, count))));
  return h("div", {}, h("h4", {}, "Who was taken for whom"),
    h("p", { className: "hint" }, `Test samples: a row for who it is, a column for whom it looked like most. ${percent(metrics.recall)} were sure enough to get the right name.`),
    h("div", { className: "wide", tabIndex: 0, role: "group", "aria-label": "Who was taken for whom" }, h("table", { className: "confusion" },
      h("thead", {}, h("tr", {}, h("td", {}), people.map(({ name }) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows))));
}

/**
 * @param {number} version
 * @param {Http.Findings} findings
 */
function mistakesOf(version, findings) {
  if (!findings.mistakes.length) return h("p", { className: "hint" }, "There is no mistake to show.");
  return h("details", {}, h("summary", {}, `The worst mistakes (${findings.mistakes.length})`), h("ul", { className: "mistakes" },
    findings.mistakes.map(({ file, words }) => h("li", {}, h("img", { src: `v1/models/${version}/pictures/${file}`, alt: "", width: 96, height: 96, loading: "lazy" }), h("p", {}, words)))));
}

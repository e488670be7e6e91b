// The camera: which one is shown, its picture with a box and a name on each face, and whoever is in view.

import { stopCollecting } from "./collecting.js";
import { askWhoItIs } from "./correction.js";
import { at, h, say, show } from "./elements.js";
import { follow, live } from "./poll.js";
import { may } from "./session.js";
import { percent, WITHOUT_A_NAME } from "./words.js";

/**
 * @import { BrowserCamera, CameraState } from "./browser_camera.js"
 * @import { Answer, Track, View } from "./in_view.js"
 */

const OWN = "this browser's camera";
const READY_MILLISECONDS = 8000;
const RETRY_MILLISECONDS = 1000;
const UNKNOWN_MILLISECONDS = 4000;
const NOTED_MILLISECONDS = 10_000;

const AWAY = "This camera is away. It is shown again when it is back.";
const NO_CAMERA = "There is no camera to watch, and this page's token may not open one.";
/** @type {Record<CameraState, string>} */
const STATES = {
  off: "Your camera is off.",
  asking: "Waiting for your permission.",
  refused: "There is no picture.",
  connecting: "Connecting.",
  live: "",
  waiting: "Waiting.",
};

/**
 * Name somebody as their card does.
 * @param {string} slug
 */
export function nameOf(slug) {
  return live.people?.find((person) => person.slug === slug)?.name ?? slug;
}

/** Shows one camera, chosen by whoever looks. Tells with "camera" that it may be another one. */
export class Stage extends EventTarget {
  /** The camera's name on the server; null while none is shown. */
  get camera() {
    return this.#chosen === OWN ? (this.own.on ? this.own.name : null) : this.#chosen;
  }

  #chosen = OWN;
  #choice = h("select", { id: "which-camera", onchange: () => this.#choose(this.#choice.value) });
  #switch = h("button", { type: "button", id: "camera-switch", className: "primary", onclick: () => this.#turn() });
  #state = h("p", { className: "state", role: "status" });
  #advice = h("p", { className: "advice", role: "status", hidden: true });
  #noted = h("p", { className: "said", role: "status" });
  #moving = h("img", { alt: "What the camera sees", hidden: true });
  #boxes = h("div", { className: "boxes", "aria-hidden": "true" });
  #figures = h("p", { className: "figures", id: "latency" });
  #list = h("ul", { className: "in-view" });
  #nobody = h("p", { className: "hint" }, "Nobody is in view.");
  /** @type {number | null | undefined} */
  #version = null;
  /** @type {Map<string, { element: HTMLElement, label: HTMLElement }>} */
  #tracks = new Map();
  /** @type {Map<Track, { element: HTMLElement, label: HTMLElement, button: HTMLElement }>} */
  #rows = new Map();

  /**
   * @param {BrowserCamera} own
   * @param {View} view
   */
  constructor(own, view) {
    super();
    this.own = own;
    this.view = view;
    show(at("camera-choice"), h("label", { htmlFor: "which-camera" }, "Show"), this.#choice, this.#switch);
    show(at("stage"), h("div", { className: "picture" }, own.video, this.#moving, this.#boxes, this.#advice, this.#state), this.#figures);
    show(at("in-view"), this.#list, this.#nobody, this.#noted);
    // Whatever gave the picture was away, or is a new one: it is asked for again.
    this.#moving.addEventListener("error", () => this.#showAgain());
    view.addEventListener("resumed", () => this.#showAgain());
    own.addEventListener("change", () => this.#update());
    view.addEventListener("faces", () => this.#drawBoxes());
    view.addEventListener("names", () => { this.#drawBoxes(); this.#listFaces(); });
    document.addEventListener("visibilitychange", () => this.#update());
    follow(["cameras", "services"], () => this.#update());
    follow(["people", "models"], () => this.#listFaces());
    setInterval(() => { this.view.prune(); this.#drawBoxes(); this.#listFaces(); this.#measure(); }, 500);
  }

  /**
   * Say something over the picture to whoever is before the camera; nothing where there are no words.
   * @param {string} words
   * @param {boolean} [refused] - that it is why a picture was refused
   */
  advise(words, refused = false) {
    say(this.#advice, words);
    this.#advice.hidden = !words || !this.camera;
    this.#advice.classList.toggle("refused", refused);
  }

  /** @param {string} choice */
  #choose(choice) {
    if (choice !== OWN) this.#turnOff();
    this.#chosen = choice;
    this.#update();
  }

  #turn() {
    if (this.own.on) this.#turnOff();
    else this.own.start();
  }

  /** Whoever sits before the camera when it is on again may be somebody else: no samples are collected of them. */
  #turnOff() {
    stopCollecting(this.own.name).catch(() => { /* Without pictures it stands still, and CollectingElsewhere offers to stop it. */ });
    this.own.stop();
  }

  /** Give the name of the camera that is shown, once capture has it; this browser's is turned on. Throws why not. */
  async ready() {
    if (this.#chosen === OWN && !this.own.on) await this.own.start();
    const until = performance.now() + READY_MILLISECONDS;
    while (this.camera && performance.now() < until) {
      if (live.cameras?.some(({ camera }) => camera === this.camera)) return this.camera;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(this.own.detail || "The camera gives no picture yet. Press Start again when it does.");
  }

  #update() {
    const others = (live.cameras ?? []).filter(({ camera, source }) => source !== "browser" && !camera.startsWith("photos-"));
    this.#offer(others.map(({ camera }) => camera));
    const own = this.#chosen === OWN;
    this.#switch.hidden = !own || !may("camera");
    say(this.#switch, this.own.on ? "Turn the camera off" : "Turn the camera on");
    this.own.video.hidden = !own;
    const seen = others.find(({ camera }) => camera === this.#chosen);
    this.#moving.hidden = own;
    this.#showMoving(seen ? this.#chosen : null);
    this.#boxes.classList.toggle("mirrored", own);
    const state = own ? this.#ownState() : seen ? (seen.detail ?? "") : AWAY;
    say(this.#state, state);
    this.#state.hidden = !state;
    // With its first picture capture announces a camera of this browser; before, there is nothing to watch.
    const there = own ? this.own.state === "live" || this.view.camera === this.camera : Boolean(seen);
    this.view.watch(there ? this.camera : null, own ? this.own.takenAt : null);
    const version = live.services?.model_version;
    if (version === null) this.view.forgetAnswers();
    if (version !== this.#version) this.view.measureAnew();
    this.#version = version;
    this.dispatchEvent(new Event("camera"));
  }

  /**
   * Offer cameras of the server to choose from, and the browser's own where the page's token may open one.
   * @param {string[]} others
   */
  #offer(others) {
    if (!may("camera") && this.#chosen === OWN && others[0]) this.#chosen = others[0];
    const names = [...(may("camera") ? [OWN] : []), ...others];
    // A camera that is away may come back, as after an outage.
    if (!names.includes(this.#chosen)) names.push(this.#chosen);
    if (JSON.stringify(names) !== JSON.stringify([...this.#choice.options].map((option) => option.value))) {
      show(this.#choice, names.map((name) => h("option", { value: name }, name)));
    }
    this.#choice.value = this.#chosen;
  }

  #ownState() {
    return may("camera") ? `${STATES[this.own.state]} ${this.own.detail}`.trim() : NO_CAMERA;
  }

  /** @param {string | null} camera */
  #showMoving(camera) {
    const path = camera && !document.hidden ? `v1/cameras/${encodeURIComponent(camera)}/preview?names=false` : null;
    if (this.#moving.getAttribute("src") === path) return;
    if (path) this.#moving.src = path;
    else this.#moving.removeAttribute("src");
  }

  #showAgain() {
    this.#moving.removeAttribute("src");
    setTimeout(() => this.#update(), RETRY_MILLISECONDS);
  }

  /** Put a box over each face; one that stays in view keeps its element. */
  #drawBoxes() {
    const frame = this.view.freshFrame;
    const { faces, width, height } = frame ?? { faces: [], width: 1, height: 1 };
    const answers = this.#answers();
    for (const [track, { element }] of this.#tracks) {
      if (!faces.some((face) => face.track_id === track)) {
        element.remove();
        this.#tracks.delete(track);
      }
    }
    for (const { box, track_id: track } of faces) {
      const answer = answers.get(track);
      const { element, label } = this.#tracks.get(track) ?? this.#addBox(track);
      const left = this.#chosen === OWN ? width - box.x - box.width : box.x;
      element.style.left = `${(100 * left) / width}%`;
      element.style.top = `${(100 * box.y) / height}%`;
      element.style.width = `${(100 * box.width) / width}%`;
      element.style.height = `${(100 * box.height) / height}%`;
      element.className = `face ${answer ? (answer.face.person ? "known" : "unknown") : "unanswered"}`;
      say(label, answer ? labelOf(answer.face) : "");
      label.hidden = !answer;
    }
  }

  /** @param {string} track */
  #addBox(track) {
    const label = h("span", {});
    const box = { label, element: h("div", { onclick: () => this.#correct(track) }, label) };
    this.#tracks.set(track, box);
    this.#boxes.append(box.element);
    return box;
  }

  /** List whoever is in view, or was a moment ago, each with a way to say that the name is wrong. */
  #listFaces() {
    const listed = this.#listed();
    for (const [track, row] of this.#rows) {
      if (!listed.has(track)) {
        row.element.remove();
        this.#rows.delete(track);
      }
    }
    for (const [track, answer] of listed) {
      let row = this.#rows.get(track);
      if (!row) {
        const label = h("span", {});
        const button = h("button", { type: "button", onclick: () => this.#correct(track) });
        row = { label, button, element: h("li", {}, label, button) };
        this.#rows.set(track, row);
        this.#list.prepend(row.element);
      }
      const { face } = answer;
      say(row.label, labelOf(face));
      row.button.hidden = !may("admin");
      say(row.button, face.person ? `Not ${nameOf(face.person)}` : "I know who that is");
      row.element.className = face.person ? "known" : "unknown";
    }
    this.#list.hidden = !this.#rows.size;
    this.#nobody.hidden = !this.#isEmpty();
  }

  /** Answers by track, but for those that name somebody who was forgotten. */
  #answers() {
    const known = live.people && new Set(live.people.map(({ slug }) => slug));
    return new Map([...this.view.answers].filter(([, { face }]) => !face.person || !known || known.has(face.person)));
  }

  /** Each person once, by their newest track, and of those who are unknown whoever was seen just now. */
  #listed() {
    /** @type {Map<Track, [Track, Answer]>} */
    const newest = new Map();
    for (const [track, answer] of this.#answers()) {
      const who = answer.face.person ?? track;
      if (!answer.face.person && performance.now() - answer.heardAt > UNKNOWN_MILLISECONDS) continue;
      const other = newest.get(who)?.[1];
      if (!other || other.heardAt <= answer.heardAt) newest.set(who, [track, answer]);
    }
    return new Map(newest.values());
  }

  /** Whether the newest frame was searched, and showed nobody. */
  #isEmpty() {
    return Boolean(this.view.freshFrame) && !this.#tracks.size && !this.#rows.size;
  }

  /** @param {Track} track */
  async #correct(track) {
    const answer = this.view.answers.get(track);
    const corrected = may("admin") && answer && (await askWhoItIs(answer));
    if (!corrected) return;
    this.view.drop(track);
    say(this.#noted, `Noted: ${corrected.person ? nameOf(corrected.person) : "a stranger"}. The next training learns it.`);
    setTimeout(() => say(this.#noted, ""), NOTED_MILLISECONDS);
  }

  #measure() {
    const { count, median, p95 } = this.view.latency();
    const version = live.services?.model_version;
    const model = version ? `Model version ${version}` : "No model yet";
    const known = version && this.camera && median !== undefined && p95 !== undefined;
    const measured = known ? `, ${Math.round(median)} ms from picture to name (95 % within ${Math.round(p95)} ms)` : "";
    say(this.#figures, `${model}${measured}`);
    Object.assign(this.#figures.dataset, { count, median: median ?? "", p95: p95 ?? "" });
  }
}

/**
 * What stands over a face.
 * @param {Pick<Http.NamedFace, "person" | "confidence" | "reason">} face
 */
export function labelOf(face) {
  if (face.person) return `${nameOf(face.person)} ${percent(Math.round(face.confidence * 100) / 100)}`;
  return WITHOUT_A_NAME[face.reason ?? "below_threshold"];
}

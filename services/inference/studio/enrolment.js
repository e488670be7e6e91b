// Adding a person: a name, "Start", and counters that fill, with the reason whenever a picture is refused.

import { Advice } from "./advice.js";
import { post } from "./api.js";
import { collecting, stopCollecting } from "./collecting.js";
import { action, at, h, say, show } from "./elements.js";
import { follow, live, refresh } from "./poll.js";
import { enrolFromPhotos } from "./photos.js";
import { isUnderWay } from "./training.js";
import { counted, reasonOf, refusedInWords } from "./words.js";

/** @import { Stage } from "./stage.js" */

const TRAIN = 200;
const TEST = 100;
const PAUSE_SECONDS = 5;
const SECOND_DAY = "A second day, in other light, is worth more than more samples of this one: come back another day.";

/** The form that adds a person or collects more of one, with the camera that is shown or from photographs. */
export class AddPerson {
  #name = h("input", { id: "new-name", maxLength: 64, autocomplete: "off", required: true, placeholder: "Zoë K." });
  #train = number("train-target", TRAIN);
  #test = number("test-target", TEST);
  #photos = h("input", { id: "photos", type: "file", accept: "image/*", multiple: true, className: "hidden-input", onchange: () => this.#upload() });
  #said = h("p", { role: "status", className: "said" });
  #trouble = h("p", { role: "alert", className: "trouble-text" });
  #beginning = false;
  #start = h("button", { type: "submit", className: "primary" }, "Start");

  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const form = h("form", { className: "add", onsubmit: (event) => { event.preventDefault(); this.#begin(); } },
      h("label", { htmlFor: "new-name" }, "Name of the person"), this.#name,
      h("div", { className: "buttons" }, this.#start,
        h("label", { htmlFor: "photos", className: "button" }, "Upload photos"), this.#photos),
      h("details", {}, h("summary", {}, "How many samples"),
        h("p", { className: "hint" }, "Train samples are what is learned from, test samples tell how well that went."),
        h("div", { className: "numbers" },
          h("label", { htmlFor: "train-target" }, "Train"), this.#train, h("label", { htmlFor: "test-target" }, "Test"), this.#test)),
      this.#trouble, this.#said);
    show(at("add-person"), form);
    follow(["enrolments"], () => this.#update());
    stage.addEventListener("camera", () => this.#update());
  }

  /**
   * Put somebody's name into the form, to collect more samples of them.
   * @param {Http.Person} person
   */
  collectMore(person) {
    this.#name.value = person.name;
    this.#train.value = String(TRAIN);
    this.#test.value = String(TEST);
    this.#name.focus();
  }

  #update() {
    this.#start.disabled = this.#beginning || Boolean(collecting(this.stage.camera));
  }

  async #begin() {
    this.#trouble.textContent = "";
    this.#said.textContent = "";
    this.#beginning = true;
    this.#update();
    try {
      await post("v1/enrolments", { camera: await this.stage.ready(), name: this.#name.value, train: Number(this.#train.value), test: Number(this.#test.value), pause_seconds: PAUSE_SECONDS });
      this.#name.value = "";
      at("stage").scrollIntoView({ block: "nearest" });
      await refresh("enrolments", "people");
    } catch (error) {
      // The name stays in the form.
      this.#trouble.textContent = reasonOf(error);
    } finally {
      this.#beginning = false;
      this.#update();
    }
  }

  async #upload() {
    this.#trouble.textContent = "";
    const files = [...(this.#photos.files ?? [])];
    this.#photos.value = "";
    if (!files.length) return;
    const name = this.#name.value;
    if (!name.trim()) {
      this.#trouble.textContent = "Write the name of the person first, then choose the photos.";
      this.#name.focus();
      return;
    }
    this.#photos.disabled = true;
    try {
      const result = await enrolFromPhotos(name, files, (words) => say(this.#said, words));
      // The next name may have been typed meanwhile.
      if (this.#name.value === name) this.#name.value = "";
      this.#said.textContent = result;
    } catch (error) {
      this.#said.textContent = "";
      this.#trouble.textContent = reasonOf(error);
    } finally {
      this.#photos.disabled = false;
    }
    await refresh("people", "enrolments");
  }
}

/** Shows the enrolment of the camera that is shown, while it runs and when it is over. */
export class EnrolmentView {
  #heading = h("h3", {});
  #train = bar("Train samples");
  #test = bar("Test samples");
  #result = h("p", { className: "result" });
  #stop = action("Stop", () => stopCollecting(this.stage.camera));
  #trainNow = action("Train now", async () => {
    await post("v1/training-jobs", {});
    await refresh("jobs");
  });
  #panel = h("div", { className: "panel enrolment" }, this.#heading, this.#train.element, this.#test.element, this.#result, this.#stop, this.#trainNow);
  #advice = new Advice();
  /** @type {Set<string>} */
  #dismissed = new Set();

  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    follow(["enrolments", "cameras"], () => this.#update());
    setInterval(() => this.#update(), 250);
  }

  #update() {
    const status = live.enrolments?.find(({ enrolment: { request } }) => request.camera === this.stage.camera);
    if (!status || this.#isDismissed(status)) {
      this.#panel.remove();
      this.#advice.forget();
      this.stage.advise(isTraining() ? "Learning. Names appear here when that is done." : "");
      return;
    }
    const over = status.state !== "collecting";
    if (!this.#panel.isConnected) show(at("enrolment"), this.#panel);
    const { enrolment } = status;
    const ended = `${enrolment.request.name}: ${status.state === "complete" ? "done" : "stopped"}`;
    say(this.#heading, over ? ended : `Getting to know ${enrolment.request.name}`);
    this.#train.fill(enrolment.train_samples, enrolment.request.train);
    this.#test.fill(enrolment.test_samples, enrolment.request.test);
    say(this.#result, over ? resultOf(enrolment) : "");
    // Over the picture, where whoever sits before the camera looks.
    const now = performance.now();
    const words = over ? `${ended}. ${nextStep()}` : this.#advice.on(status, now);
    this.stage.advise(words, !over && this.#advice.isReason(now));
    this.#stop.hidden = over;
    this.#trainNow.hidden = !over || learnable() < 2;
  }

  /**
   * Whether there is no news in an enrolment any more: it was over before this page was opened, or is being learned from.
   * @param {Http.EnrolmentStatus} status
   */
  #isDismissed({ state, enrolment }) {
    const id = enrolment.request.enrolment_id;
    // One that was stopped may be gone on with.
    if (state === "collecting") this.#dismissed.delete(id);
    else if (!this.#advice.isOn(id) || isTraining()) this.#dismissed.add(id);
    return this.#dismissed.has(id);
  }
}

/** @param {Http.Enrolment} enrolment */
function resultOf(enrolment) {
  const refused = refusedInWords(enrolment.refused);
  const samples = `${counted(enrolment.train_samples, "train sample")} and ${counted(enrolment.test_samples, "test sample")}.`;
  const person = live.people?.find(({ slug }) => slug === enrolment.request.person);
  return [samples, refused && `Not taken: ${refused}.`, person?.days === 1 && SECOND_DAY, nextStep()].filter(Boolean).join(" ");
}

/** What is learned from needs no more attention. */
const isTraining = () => isUnderWay(live.jobs?.[0]);

const learnable = () => (live.people ?? []).filter((person) => person.train_samples).length;

const nextStep = () => (learnable() < 2 ? "Next: add a second person." : "Next: train, or add somebody else.");

/**
 * @param {string} id
 * @param {number} value
 */
function number(id, value) {
  return h("input", { id, type: "number", min: "0", max: "10000", value: String(value), required: true });
}

/** @param {string} label */
function bar(label) {
  const progress = h("progress", { max: 1, value: 0, "aria-label": label });
  const count = h("output", {});
  return {
    element: h("div", { className: "counter" }, h("span", {}, label), progress, count),
    /**
     * @param {number} now
     * @param {number} most
     */
    fill(now, most) {
      progress.max = Math.max(most, 1);
      progress.value = Math.min(now, most);
      say(count, `${now} of ${most}`);
    },
  };
}

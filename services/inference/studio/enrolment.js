// Adding a person: a name, "Start", and counters that fill, with the reason whenever a picture is refused.

import { post } from "./api.js";
import { collecting, stopCollecting } from "./collecting.js";
import { action, at, h, say, show } from "./elements.js";
import { follow, live, refresh } from "./live.js";
import { enrolFromPhotos } from "./photos.js";
import { REFUSALS, counted, refusedInWords } from "./words.js";

const TRAIN = 200;
const TEST = 100;
const PAUSE_SECONDS = 5;
// A reason is shown until samples come again, and for so long at least.
const REASON_MILLISECONDS = 1500;
const NOTHING_NEW = "near-copy";
const SLOW_MILLISECONDS = 1500;
const STUCK_MILLISECONDS = 6000;
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

  /** Put somebody's name into the form, to collect more samples of them. */
  collectMore(person) {
    this.#name.value = person.name;
    this.#train.value = TRAIN;
    this.#test.value = TEST;
    this.#name.focus();
  }

  #update() {
    this.#start.disabled = this.#beginning || Boolean(collecting(this.stage.camera));
  }

  async #begin() {
    this.#trouble.textContent = this.#said.textContent = "";
    this.#beginning = true;
    this.#update();
    try {
      await post("v1/enrolments", { camera: await this.stage.ready(), name: this.#name.value, train: Number(this.#train.value), test: Number(this.#test.value), pause_seconds: PAUSE_SECONDS });
      this.#name.value = "";
      at("stage").scrollIntoView({ block: "nearest" });
      await refresh("enrolments", "people");
    } catch (error) {
      // The name stays in the form.
      this.#trouble.textContent = error.message;
    } finally {
      this.#beginning = false;
      this.#update();
    }
  }

  async #upload() {
    this.#trouble.textContent = "";
    const files = [...this.#photos.files];
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
      this.#trouble.textContent = error.message;
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
  #seen = null;
  #paused = null;
  #reasonUntil = 0;
  #dismissed = new Set();

  constructor(stage) {
    this.stage = stage;
    follow(["enrolments", "cameras"], () => this.#update());
    setInterval(() => this.#update(), 250);
  }

  #update() {
    const status = live.enrolments?.find(({ enrolment }) => enrolment.request.camera === this.stage.camera);
    const id = status?.enrolment.request.enrolment_id;
    const over = status && status.state !== "collecting";
    // One that was stopped may be gone on with.
    if (!over) this.#dismissed.delete(id);
    // What was over before this page was opened is no news.
    if (over && (this.#seen?.id !== id || isTraining())) this.#dismissed.add(id);
    if (!status || this.#dismissed.has(id)) {
      this.#panel.remove();
      this.#seen = null;
      this.stage.advise(isTraining() ? "Learning. Names appear here when that is done." : "");
      return;
    }
    if (!this.#panel.isConnected) show(at("enrolment"), this.#panel);
    const { enrolment } = status;
    const ended = `${enrolment.request.name}: ${status.state === "complete" ? "done" : "stopped"}`;
    say(this.#heading, over ? ended : `Getting to know ${enrolment.request.name}`);
    this.#train.fill(enrolment.train_samples, enrolment.request.train);
    this.#test.fill(enrolment.test_samples, enrolment.request.test);
    say(this.#result, over ? resultOf(enrolment) : "");
    // Over the picture, where whoever sits before the camera looks.
    const words = over ? `${ended}. ${nextStep()}` : this.#adviceOn(status, id);
    this.stage.advise(words, !over && this.#reasonUntil > performance.now());
    this.#stop.hidden = over;
    this.#trainNow.hidden = !over || learnable() < 2;
  }

  /** Say what is going on: the reason of the newest refusal, the pause, or that samples come. */
  #adviceOn({ enrolment, split }, id) {
    const taken = enrolment.train_samples + enrolment.test_samples;
    const now = performance.now();
    const before = this.#seen?.id === id ? this.#seen : { id, taken, takenAt: now, refused: enrolment.refused, words: "Look into the camera." };
    const takenAt = taken > before.taken ? now : before.takenAt;
    let words = before.words;
    const risen = Object.keys(enrolment.refused)
      .map((reason) => [enrolment.refused[reason] - (before.refused[reason] ?? 0), reason])
      // Most frames show nothing new, also where samples come fast enough.
      .filter(([more, reason]) => more > 0 && (reason !== NOTHING_NEW || now - takenAt > SLOW_MILLISECONDS)).sort((one, other) => other[0] - one[0]);
    const pause = this.#pauseOf(enrolment, split, id);
    if (pause > 0) {
      words = `Now the test samples, kept aside to check what was learned. Move a little, or change the light. It goes on in ${Math.ceil(pause)} s.`;
      this.#reasonUntil = 0;
    } else if (risen.length && taken - before.taken <= risen[0][0]) {
      words = REFUSALS[risen[0][1]] ?? risen[0][1];
      if (now - takenAt > STUCK_MILLISECONDS && taken) words += " Or press Stop: what there is will do.";
      this.#reasonUntil = now + REASON_MILLISECONDS;
    } else if (taken > before.taken && now > this.#reasonUntil) {
      words = "Good. Turn your head slowly, and look here and there.";
    }
    this.#seen = { id, taken, takenAt, refused: enrolment.refused, words };
    return words;
  }

  /** The seconds that are left of the pause before the test samples, since the page saw it begin: clocks may differ. */
  #pauseOf(enrolment, split, id) {
    if (split !== "test" || !enrolment.train_complete_at) return 0;
    if (this.#paused?.id !== id) this.#paused = { id, since: performance.now(), tested: enrolment.test_samples };
    if (enrolment.test_samples > this.#paused.tested) return 0;
    return enrolment.request.pause_seconds - (performance.now() - this.#paused.since) / 1000;
  }
}

function resultOf(enrolment) {
  const refused = refusedInWords(enrolment.refused);
  const samples = `${counted(enrolment.train_samples, "train sample")} and ${counted(enrolment.test_samples, "test sample")}.`;
  const person = live.people?.find(({ slug }) => slug === enrolment.request.person);
  return [samples, refused && `Not taken: ${refused}.`, person?.days === 1 && SECOND_DAY, nextStep()].filter(Boolean).join(" ");
}

/** What is learned from needs no more attention. */
const isTraining = () => ["queued", "started"].includes(live.jobs?.[0]?.state);

const learnable = () => (live.people ?? []).filter((person) => person.train_samples).length;

const nextStep = () => (learnable() < 2 ? "Next: add a second person." : "Next: train, or add somebody else.");

function number(id, value) {
  return h("input", { id, type: "number", min: 0, max: 10000, value, required: true });
}

function bar(label) {
  const progress = h("progress", { max: 1, value: 0, "aria-label": label });
  const count = h("output", {});
  return {
    element: h("div", { className: "counter" }, h("span", {}, label), progress, count),
    fill(now, most) {
      progress.max = Math.max(most, 1);
      progress.value = Math.min(now, most);
      say(count, `${now} of ${most}`);
    },
  };
}

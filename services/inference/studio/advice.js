// What is said to whoever is before the camera while samples are collected of them.

import { REFUSALS } from "./words.js";

// A reason is shown until samples come again, and for so long at least.
const REASON_MILLISECONDS = 1500;
const NOTHING_NEW = "near-copy";
const SLOW_MILLISECONDS = 1500;
const STUCK_MILLISECONDS = 6000;

/** Follows one enrolment at a time, by its counts. Times are those of `performance.now()`. */
export class Advice {
  /** @type {{ id: string, taken: number, takenAt: number, refused: Http.Enrolment["refused"], words: string } | null} */
  #seen = null;
  /** @type {{ id: string, since: number, tested: number } | null} */
  #paused = null;
  #reasonUntil = 0;

  /**
   * Whether this enrolment is followed.
   * @param {string} id
   */
  isOn(id) {
    return this.#seen?.id === id;
  }

  forget() {
    this.#seen = null;
  }

  /**
   * Whether the reason why a picture was refused is what is said.
   * @param {number} now
   */
  isReason(now) {
    return this.#reasonUntil > now;
  }

  /**
   * Say what is going on: the reason of the newest refusal, the pause, or that samples come.
   * @param {Pick<Http.EnrolmentStatus, "enrolment" | "split">} status
   * @param {number} now
   */
  on({ enrolment, split }, now) {
    const id = enrolment.request.enrolment_id;
    const taken = enrolment.train_samples + enrolment.test_samples;
    const before = this.#seen?.id === id ? this.#seen : { id, taken, takenAt: now, refused: enrolment.refused, words: "Look into the camera." };
    const takenAt = taken > before.taken ? now : before.takenAt;
    let words = before.words;
    const [most] = Object.entries(enrolment.refused)
      .map(([reason, count]) => ({ reason, more: count - (before.refused[reason] ?? 0) }))
      // Most frames show nothing new, also where samples come fast enough.
      .filter(({ reason, more }) => more > 0 && (reason !== NOTHING_NEW || now - takenAt > SLOW_MILLISECONDS))
      .sort((one, other) => other.more - one.more);
    const pause = this.#pauseOf(enrolment, split, now);
    if (pause > 0) {
      words = `Now the test samples, kept aside to check what was learned. Move a little, or change the light. It goes on in ${Math.ceil(pause)} s.`;
      this.#reasonUntil = 0;
    } else if (most && taken - before.taken <= most.more) {
      words = REFUSALS[most.reason] ?? most.reason;
      if (now - takenAt > STUCK_MILLISECONDS && taken) words += " Or press Stop: what there is will do.";
      this.#reasonUntil = now + REASON_MILLISECONDS;
    } else if (taken > before.taken && now > this.#reasonUntil) {
      words = "Good. Turn your head slowly, and look here and there.";
    }
    this.#seen = { id, taken, takenAt, refused: enrolment.refused, words };
    return words;
  }

  /**
   * The seconds that are left of the pause before the test samples, since the page saw it begin: clocks may differ.
   * @param {Http.Enrolment} enrolment
   * @param {Http.Split} split
   * @param {number} now
   */
  #pauseOf(enrolment, split, now) {
    const id = enrolment.request.enrolment_id;
    if (split !== "test" || !enrolment.train_complete_at) return 0;
    if (this.#paused?.id !== id) this.#paused = { id, since: now, tested: enrolment.test_samples };
    if (enrolment.test_samples > this.#paused.tested) return 0;
    return enrolment.request.pause_seconds - (now - this.#paused.since) / 1000;
  }
}

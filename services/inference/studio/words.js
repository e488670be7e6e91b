// Numbers, times and reasons in words.

/**
 * What to say of something that was thrown.
 * @param {unknown} error
 */
export const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Write a share as a percentage, cut to a tenth: what is not all is never written as 100 %.
 * @param {number | null | undefined} share
 */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  const tenths = Math.floor(share * 1000 + 1e-6);
  return `${tenths % 10 ? (tenths / 10).toFixed(1) : tenths / 10} %`;
}

/**
 * @param {number} count
 * @param {string} one
 */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** @param {string} time */
export const clock = (time) => new Date(time).toLocaleTimeString();

/** @param {string} time */
export const dateAndTime = (time) =>
  new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** What stands over a face without a name, by the reason of the answer. */
export const WITHOUT_A_NAME = { below_threshold: "unknown", too_small: "too small", too_blurred: "too blurred" };

/**
 * Why a frame gave no sample, as one says it to the person before the camera.
 * @type {Record<string, string> & Record<Http.Refusal, string>}
 */
export const REFUSALS = {
  "face not found": "Face not found. Look into the camera.",
  "more than one face": "There is more than one face. Only one person may be in the picture.",
  "too small": "Come closer.",
  blurred: "Hold still, or make more light.",
  "near-copy": "Turn a little, this looks like the last one.",
  "too many samples": "There are as many samples of this person as may be. Delete some, or press Stop.",
  "disk full": "The disk is full. Make room, and it goes on.",
};

/**
 * Reasons and how often each held, for the end of an enrolment.
 * @type {Record<string, string> & Record<Http.Refusal, string>}
 */
export const REFUSED = {
  "face not found": "without a face",
  "more than one face": "with more than one face",
  "too small": "too small",
  blurred: "blurred",
  "near-copy": "showed nothing new",
  "too many samples": "beyond the limit of samples",
  "disk full": "without room on the disk",
};

/** @param {Http.Enrolment["refused"]} refused */
export const refusedInWords = (refused) =>
  Object.entries(refused).map(([reason, count]) => `${count} ${REFUSED[reason] ?? reason}`).join(", ");

/**
 * In how many sessions and on how many days somebody was enrolled, and that a second day is missing.
 * @param {Pick<Http.Person, "sessions" | "days">} person
 */
export const sessionsInWords = ({ sessions, days }) =>
  `${counted(sessions, "session")}, ${counted(days, "day")}${days === 1 ? ": come back another day, in other light" : ""}.`;

/**
 * Join names as one does in a sentence: "Ann, Bea and Cem".
 * @param {string[]} words
 */
export const joined = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/**
 * What a forgetting deleted and what follows, without the name.
 * @param {Http.Forgotten} forgotten
 */
export function receiptInWords(forgotten) {
  const { samples, model_versions: versions, kept_faces: faces, stream_entries: entries, dead_letters: letters } = forgotten;
  const deleted = [
    counted(samples, "sample"), counted(versions.length, "model version"), counted(faces, "kept face"),
    counted(entries + letters, "stream entry", "stream entries"),
  ];
  const served = forgotten.served_version === null ? "No version is served now" : `Version ${forgotten.served_version} is served now`;
  return `Forgotten: ${joined(deleted)}. ${served}${forgotten.training_job ? "; the others are being trained again" : ""}.`;
}

// Enrolment from photographs: they are shown to capture one after another, as by a camera of their own.

import { get, post, remove } from "./api.js";
import { PictureSocket, pause, randomName } from "./browser_camera.js";
import { asJpeg } from "./jpeg.js";
import { counted, refusedInWords } from "./words.js";

const TRAIN_SHARE = 2 / 3;
const PATIENCE_MILLISECONDS = 60_000;

/**
 * Enrol somebody from picture files. Answers what came of it, in a sentence.
 * @param {string} name
 * @param {File[]} files
 * @param {(words: string) => void} tell - is told how far it is
 */
export async function enrolFromPhotos(name, files, tell) {
  const camera = randomName("photos", 4);
  const pictures = await read(files, tell);
  const socket = await PictureSocket.open(camera);
  let begun = false;
  try {
    await until(async () => (await get("v1/cameras")).some((other) => other.camera === camera));
    const first = Math.ceil(pictures.length * TRAIN_SHARE);
    await post("v1/enrolments", { camera, name, train: first, test: pictures.length - first, pause_seconds: 0 });
    begun = true;
    /** @param {number} shown */
    const look = async (shown) => {
      const { enrolment } = await get(`v1/enrolments/${camera}`);
      const taken = enrolment.train_samples + enrolment.test_samples;
      const refused = Object.values(enrolment.refused).reduce((sum, count) => sum + count, 0);
      tell(`${taken + refused} of ${counted(pictures.length, "photo")} looked at, ${counted(taken, "sample")} so far.`);
      return taken + refused >= shown;
    };
    await showAll(socket, pictures.slice(0, first));
    await until(() => look(first));
    await post(`v1/enrolments/${camera}/end-train`);
    await showAll(socket, pictures.slice(first));
    await until(() => look(pictures.length));
    const { enrolment } = await get(`v1/enrolments/${camera}`);
    return resultOf(enrolment, files.length - pictures.length);
  } finally {
    if (begun) await remove(`v1/enrolments/${camera}`).catch(() => { /* Its camera goes now: it collects nothing more. */ });
    socket.close();
  }
}

/**
 * Read files as JPEGs; what is no picture is passed over.
 * @param {File[]} files
 * @param {(words: string) => void} tell
 */
async function read(files, tell) {
  const pictures = [];
  for (const file of files) {
    tell(`Reading ${file.name}.`);
    const picture = await asJpeg(file);
    // Those that are none are counted by who asked: files there were, less pictures.
    if (picture) pictures.push(picture);
  }
  if (!pictures.length) throw new Error("None of these files is a picture that a browser can read. Choose JPEG, PNG or WebP.");
  return pictures;
}

/**
 * @param {PictureSocket} socket
 * @param {Blob[]} pictures
 */
async function showAll(socket, pictures) {
  for (const picture of pictures) {
    const answer = await socket.send(picture);
    if (!answer.published) throw new Error(answer.detail ?? "The connection to capture was lost. Choose the photos again: none is taken twice.");
  }
}

/** @param {() => Promise<boolean>} true_ */
async function until(true_) {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await true_())) {
    if (performance.now() > end) throw new Error("The photos are not being looked at. Is the extractor running? Choose them again when it is.");
    await pause(300);
  }
}

/**
 * Say what came of an enrolment from photographs.
 * @param {Http.Enrolment} enrolment
 * @param {number} unreadable - how many files were no pictures
 */
export function resultOf(enrolment, unreadable) {
  const refused = [refusedInWords(enrolment.refused), unreadable ? `${unreadable} unreadable` : ""].filter(Boolean).join(", ");
  const result = `${enrolment.request.name}: ${counted(enrolment.train_samples, "new train sample")} and ${counted(enrolment.test_samples, "new test sample")}.`;
  return refused ? `${result} Not taken: ${refused}.` : result;
}

// Enrolment from photographs: they are shown to capture one after another, as by a camera of their own.

import { get, post, remove } from "./api.js";
import { PictureSocket } from "./browser_camera.js";
import { counted, refusedInWords } from "./words.js";

const LONGEST_SIDE = 1600;
const QUALITY = 0.92;
const TRAIN_SHARE = 2 / 3;
const PATIENCE_MILLISECONDS = 60000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Enrol somebody from picture files; `tell` is told how far it is. Answers what came of it, in a sentence. */
export async function enrolFromPhotos(name, files, tell) {
  const camera = `photos-${crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0")}`;
  const pictures = await read(files, tell);
  const socket = await PictureSocket.open(camera);
  let begun = false;
  try {
    await until(async () => (await get("v1/cameras")).some((other) => other.camera === camera));
    const first = Math.ceil(pictures.length * TRAIN_SHARE);
    await post("v1/enrolments", { camera, name, train: first, test: pictures.length - first, pause_seconds: 0 });
    begun = true;
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
    if (begun) await remove(`v1/enrolments/${camera}`).catch(() => {});
    socket.close();
  }
}

/** Read a file as a JPEG that is no larger than faces need; null where it is no picture. */
export async function asJpeg(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

/** Read files as JPEGs; what is no picture is passed over. */
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

async function showAll(socket, pictures) {
  for (const picture of pictures) {
    const answer = await socket.send(picture);
    if (!answer.published) throw new Error(answer.detail ?? "The connection to capture was lost. Choose the photos again: none is taken twice.");
  }
}

async function until(true_) {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await true_())) {
    if (performance.now() > end) throw new Error("The photos are not being looked at. Is the extractor running? Choose them again when it is.");
    await pause(300);
  }
}

function resultOf(enrolment, unreadable) {
  const refused = [refusedInWords(enrolment.refused), unreadable ? `${unreadable} unreadable` : ""].filter(Boolean).join(", ");
  const result = `${enrolment.request.name}: ${counted(enrolment.train_samples, "new train sample")} and ${counted(enrolment.test_samples, "new test sample")}.`;
  return refused ? `${result} Not taken: ${refused}.` : result;
}

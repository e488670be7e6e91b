// What the page shows of the services, asked for again and again; who wants to know is told when it has changed.

import { get, Problem } from "./api.js";

/** @satisfies {Record<string, { path: keyof Http.Gets, every: number, redis?: boolean, admin?: boolean }>} */
const SOURCES = /** @type {const} */ ({
  services: { path: "v1/services", every: 2000 },
  health: { path: "healthz", every: 30_000 },
  cameras: { path: "v1/cameras", every: 1000, redis: true },
  enrolments: { path: "v1/enrolments", every: 400, redis: true, admin: true },
  people: { path: "v1/people", every: 1500 },
  models: { path: "v1/models", every: 2000 },
  jobs: { path: "v1/training-jobs", every: 700, redis: true, admin: true },
  strangers: { path: "v1/strangers", every: 5000, admin: true },
  sightings: { path: "v1/sightings", every: 1000, redis: true },
});

/**
 * @typedef {keyof typeof SOURCES} Source
 * @typedef {{ problem: string | null }} Trouble - what keeps the page from asking at all
 * @typedef {{ [Name in Source]?: Http.Gets[typeof SOURCES[Name]["path"]]["answer"] }} Answers
 */

const news = new EventTarget();
/** @type {Partial<Record<keyof typeof live, string>>} */
const texts = {};
/** @type {Partial<Record<Source, number>>} */
const rounds = {};

/**
 * The newest answer of each source; undefined before the first.
 * @type {Trouble & Answers}
 */
export const live = { problem: null };

/** The port on which capture takes pictures, once inference has said which. */
export async function cameraPort() {
  while (!live.services) await new Promise((resolve) => setTimeout(resolve, 100));
  return live.services.camera_port;
}

/**
 * Call `listener` now and whenever one of the sources has changed.
 * @param {(keyof typeof live)[]} sources
 * @param {() => void} listener
 */
export function follow(sources, listener) {
  for (const source of sources) news.addEventListener(source, listener);
  listener();
}

/**
 * Ask a source at once: something was done that changes it.
 * @param {...Source} sources
 */
export async function refresh(...sources) {
  await Promise.all(sources.map(ask));
}

/** @param {Source} source */
async function ask(source) {
  const round = (rounds[source] ?? 0) + 1;
  rounds[source] = round;
  let answer;
  let problem = null;
  try {
    answer = await get(SOURCES[source].path);
  } catch (error) {
    problem = error;
  }
  // An answer that was overtaken by a later one is of no use.
  if (round !== rounds[source]) return;
  if (source === "services") tell("problem", problem instanceof Problem && problem.status === 0 ? "Familiar does not answer. It is asked again until it does." : null);
  if (!problem) tell(source, answer);
}

/**
 * @param {keyof typeof live} source
 * @param {unknown} answer
 */
function tell(source, answer) {
  const text = JSON.stringify(answer);
  if (texts[source] === text) return;
  texts[source] = text;
  Object.assign(live, { [source]: answer });
  news.dispatchEvent(new Event(source));
}

/** @param {Source} source */
async function keepAsking(source) {
  while (true) {
    // What Redis has to tell is not asked while Redis is away: the answers would only be waited for.
    const away = "redis" in SOURCES[source] && live.services?.redis;
    if (!away && (!document.hidden || live[source] === undefined)) await ask(source);
    await new Promise((resolve) => setTimeout(resolve, SOURCES[source].every));
  }
}

/**
 * Ask for everything from now on, or only for what a token that may watch is told.
 * @param {boolean} admin
 */
export function startAsking(admin) {
  for (const [source, about] of Object.entries(SOURCES)) {
    if (admin || !("admin" in about)) keepAsking(/** @type {Source} */ (source));
  }
}

// Asks inference over HTTP.

// Whatever is asked again and again must not hold the few connections that a browser has to a host.
const ASKING_MILLISECONDS = 3000;
// Inference itself gives Redis up after ten seconds, and says so.
const DOING_MILLISECONDS = 20_000;

/** What went wrong with a request, in a sentence that says what to do. */
export class Problem extends Error {
  /**
   * @param {string} detail
   * @param {number} status - of the answer; 0 where there was none
   */
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

/**
 * Send a request; a body that is no picture goes as JSON.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [patience] - in milliseconds
 */
async function request(method, path, body, patience = DOING_MILLISECONDS) {
  const picture = body instanceof Blob;
  /** @type {HeadersInit} */
  const headers = body === undefined ? {} : { "Content-Type": picture ? body.type : "application/json" };
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined || picture ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
      cache: "no-store",
    });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    if (late) throw new Problem("That takes too long. Try again in a moment.", 0);
    throw new Problem("Familiar does not answer. Try again when it does.", 0);
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem(`${path} gave no JSON.`, response.status);
  }
  if (!response.ok) throw new Problem(answer?.detail ?? response.statusText, response.status);
  return answer;
}

/**
 * @template {keyof Http.Gets} Path
 * @param {Path} path
 * @returns {Promise<Http.Gets[Path]["answer"]>}
 */
export const get = (path) => request("GET", path, undefined, ASKING_MILLISECONDS);

/**
 * @template {keyof Http.Posts} Path
 * @param {Path} path
 * @param {Http.Posts[Path] extends { body: infer Body } ? [body: Body] : []} body - a picture, or what becomes JSON
 * @returns {Promise<Http.Posts[Path]["answer"]>}
 */
export const post = (path, ...body) => request("POST", path, ...body);

/**
 * @template {keyof Http.Patches} Path
 * @param {Path} path
 * @param {Http.Patches[Path]["body"]} body
 * @returns {Promise<Http.Patches[Path]["answer"]>}
 */
export const patch = (path, body) => request("PATCH", path, body);

/** @param {Http.Deletes} path */
export const remove = (path) => request("DELETE", path);

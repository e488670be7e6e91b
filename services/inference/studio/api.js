// Asks inference over HTTP.

// Whatever is asked again and again must not hold the few connections that a browser has to a host.
const ASKING_MILLISECONDS = 3000;
// Inference itself gives Redis up after ten seconds, and says so.
const DOING_MILLISECONDS = 20_000;

const SESSION = "v1/session";
const SESSION_OVER = new Set(["token-missing", "token-wrong", "token-expired"]);

/** What went wrong with a request, in a sentence that says what to do. */
export class Problem extends Error {
  /**
   * @param {string} detail
   * @param {number} status - of the answer; 0 where there was none
   * @param {string} [code] - what kind of problem it is, where the answer says so
   */
  constructor(detail, status, code = "") {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/**
 * @param {unknown} body
 * @param {string | undefined} token
 */
function headersOf(body, token) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = body instanceof Blob ? body.type : "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  return headers;
}

/**
 * Send a request; a body that is no picture goes as JSON.
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, patience?: number, token?: string }} [options] - patience is in milliseconds
 */
async function request(method, path, { body, patience = DOING_MILLISECONDS, token } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: headersOf(body, token),
      body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
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
  if (!response.ok) {
    // The session is over: the page begins anew, and asks for a token.
    if (SESSION_OVER.has(answer?.code) && path !== SESSION) location.reload();
    throw new Problem(answer?.detail ?? response.statusText, response.status, answer?.code);
  }
  return answer;
}

/**
 * @template {keyof Http.Gets} Path
 * @param {Path} path
 * @returns {Promise<Http.Gets[Path]["answer"]>}
 */
export const get = (path) => request("GET", path, { patience: ASKING_MILLISECONDS });

/**
 * @template {keyof Http.Posts} Path
 * @param {Path} path
 * @param {Http.Posts[Path] extends { body: infer Body } ? [body: Body] : [body?: undefined, token?: string]} sent - a picture, or
 *   what becomes JSON; and the token to send in place of the session's
 * @returns {Promise<Http.Posts[Path]["answer"]>}
 */
export const post = (path, ...[body, token]) => request("POST", path, { body, token });

/**
 * @template {keyof Http.Patches} Path
 * @param {Path} path
 * @param {Http.Patches[Path]["body"]} body
 * @returns {Promise<Http.Patches[Path]["answer"]>}
 */
export const patch = (path, body) => request("PATCH", path, { body });

/** @param {Http.Deletes} path */
export const remove = (path) => request("DELETE", path);

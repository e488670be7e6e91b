// Asks inference over HTTP.

// Whatever is asked again and again must not hold the few connections that a browser has to a host.
const ASKING_MILLISECONDS = 3000;
// Inference itself gives Redis up after ten seconds, and says so.
const DOING_MILLISECONDS = 20000;

/** What went wrong with a request, in a sentence that says what to do. */
export class Problem extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

async function request(method, path, body, patience = DOING_MILLISECONDS) {
  const picture = body instanceof Blob;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": picture ? body.type : "application/json" },
      body: body === undefined || picture ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "TimeoutError") throw new Problem("That takes too long. Try again in a moment.", 0);
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

export const get = (path) => request("GET", path, undefined, ASKING_MILLISECONDS);
export const post = (path, body) => request("POST", path, body);
export const postPicture = (path, jpeg) => request("POST", path, jpeg);
export const patch = (path, body) => request("PATCH", path, body);
export const remove = (path) => request("DELETE", path);

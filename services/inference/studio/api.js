// Asks inference over HTTP.

const PATIENCE_MILLISECONDS = 8000;

/** What went wrong with a request, in a sentence that says what to do. */
export class Problem extends Error {
  constructor(detail, status, title) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

async function request(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      cache: "no-store",
    });
  } catch {
    throw new Problem("Familiar does not answer. It is asked again until it does.", 0, "away");
  }
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem(`${path} gave no JSON.`, response.status, "unreadable answer");
  }
  if (!response.ok) throw new Problem(answer?.detail ?? response.statusText, response.status, answer?.title);
  return answer;
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);
export const patch = (path, body) => request("PATCH", path, body);
export const remove = (path) => request("DELETE", path);

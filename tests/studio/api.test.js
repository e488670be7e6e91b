import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { Problem, get, patch, post, remove } from "../../services/inference/studio/api.js";

afterEach(() => mock.restoreAll());

/**
 * Let the network give this answer, and show what it was asked.
 * @param {() => Response} answer - may throw, as where there is no network
 */
function answering(answer) {
  const network = mock.method(globalThis, "fetch", async () => answer());
  return () => {
    const [path, options] = network.mock.calls[0]?.arguments ?? [];
    return { path, method: options?.method, headers: options?.headers, body: options?.body };
  };
}

test("an answer is read as JSON, and nothing is sent along with a question", async () => {
  const asked = answering(() => Response.json([{ slug: "ann" }]));

  assert.deepEqual(await get("v1/people"), [{ slug: "ann" }]);
  assert.deepEqual(asked(), { path: "v1/people", method: "GET", headers: {}, body: undefined });
});

test("what is sent is JSON", async () => {
  const asked = answering(() => Response.json({ name: "Zoë" }));

  await patch("v1/people/zoe", { name: "Zoë" });

  const headers = { "Content-Type": "application/json" };
  assert.deepEqual(asked(), { path: "v1/people/zoe", method: "PATCH", headers, body: '{"name":"Zoë"}' });
});

test("a picture is sent as it is, with its own type", async () => {
  const asked = answering(() => Response.json({ faces: 1, stored: 1 }));
  const picture = new Blob(["…"], { type: "image/jpeg" });

  await post("v1/strangers", picture);

  assert.equal(asked().body, picture);
  assert.deepEqual(asked().headers, { "Content-Type": "image/jpeg" });
});

test("an empty answer is null", async () => {
  answering(() => new Response(null, { status: 204 }));

  assert.equal(await remove("v1/people/ann/samples/abc"), null);
});

test("a refusal is a problem with the sentence and the status of the answer", async () => {
  answering(() => Response.json({ detail: "Nobody is enrolled as 'bea'." }, { status: 404 }));

  await assert.rejects(remove("v1/people/bea"), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.message, "Nobody is enrolled as 'bea'.");
    assert.equal(error.status, 404);
    return true;
  });
});

test("a refusal has its code, by which programs tell it", async () => {
  answering(() => Response.json({ detail: "Use another token.", code: "scope-missing" }, { status: 403 }));

  await assert.rejects(post("v1/training-jobs", {}), { status: 403, code: "scope-missing" });
});

test("a token that is given goes into the header, and nowhere else", async () => {
  const asked = answering(() => Response.json({ name: "owner", scopes: ["admin"], expires_at: null }));

  await post("v1/session", undefined, "familiar_abc");

  const headers = { Authorization: "Bearer familiar_abc" };
  assert.deepEqual(asked(), { path: "v1/session", method: "POST", headers, body: undefined });
});

test("a session that is over has the page begin anew, unless it is logging in", async () => {
  let reloads = 0;
  Object.assign(globalThis, { location: { reload: () => { reloads += 1; } } });
  for (const code of ["token-missing", "token-wrong", "token-expired"]) {
    answering(() => Response.json({ detail: "Log in.", code }, { status: 401 }));
    await assert.rejects(get("v1/session"), { code });
    assert.equal(reloads, 0);
    await assert.rejects(get("v1/people"), { code });
    assert.equal(reloads, 1);
    reloads = 0;
    mock.restoreAll();
  }
});

test("an answer that is no JSON is a problem that names the path", async () => {
  answering(() => new Response("<html>", { status: 502 }));

  await assert.rejects(get("v1/people"), { message: "v1/people gave no JSON.", status: 502 });
});

test("no answer, and one that takes too long, are problems without a status", async () => {
  answering(() => { throw new TypeError("fetch failed"); });
  await assert.rejects(get("v1/people"), { message: "Familiar does not answer. Try again when it does.", status: 0 });

  mock.restoreAll();
  answering(() => { throw new DOMException("", "TimeoutError"); });
  await assert.rejects(get("v1/people"), { message: "That takes too long. Try again in a moment.", status: 0 });
});

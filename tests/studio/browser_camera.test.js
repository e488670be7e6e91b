import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { afterEach, mock, test } from "node:test";
import { PictureSocket, randomName, refusalOf } from "../../services/inference/studio/browser_camera.js";
import { holdTimers } from "./timers.js";

const OPEN = 1;
const CLOSED = 3;

// Node 18 does not show what browsers call `crypto`.
if (!("crypto" in globalThis)) Object.assign(globalThis, { crypto: webcrypto });

afterEach(() => mock.restoreAll());

/** A connection to a capture that is played by the test. */
function connection() {
  Object.assign(globalThis, { WebSocket: { OPEN } });
  const sent = /** @type {Blob[]} */ ([]);
  const socket = Object.assign(/** @type {WebSocket} */ (Object.create(null)), {
    readyState: OPEN,
    send: (/** @type {Blob} */ picture) => sent.push(picture),
  });
  /** @param {unknown} message */
  const answer = (message) => socket.onmessage?.(new MessageEvent("message", { data: JSON.stringify(message) }));
  const hangUp = () => {
    socket.readyState = CLOSED;
    socket.onclose?.(/** @type {CloseEvent} */ (new Event("close")));
  };
  return { pictures: new PictureSocket(socket), sent, answer, hangUp };
}

test("a picture is sent, and answered by its number", async () => {
  const { pictures, sent, answer } = connection();
  const picture = new Blob(["…"]);
  const answered = pictures.send(picture);
  answer({ published: 7 });

  assert.deepEqual(await answered, { published: 7 });
  assert.deepEqual(sent, [picture]);
});

test("a connection that breaks off answers the picture that waits, and each that comes after", async () => {
  const { pictures, sent, hangUp } = connection();
  const waiting = pictures.send(new Blob());
  hangUp();

  assert.deepEqual(await waiting, { closed: true });
  assert.equal(pictures.open, false);
  assert.deepEqual(await pictures.send(new Blob()), { closed: true });
  assert.equal(sent.length, 1);
});

test("why capture wants no picture at all is the answer to the first, also where it was said before", async () => {
  const { pictures, answer, hangUp } = connection();
  answer({ code: "camera-taken", detail: "Another page has this name." });
  hangUp();

  assert.equal((await pictures.send(new Blob())).code, "camera-taken");
});

test("a picture that is not answered for long is slow, and one that is answered is not", async () => {
  const letTimePass = holdTimers();
  const slow = mock.fn();
  const { pictures, answer } = connection();
  const first = pictures.send(new Blob(), slow);
  letTimePass();
  assert.equal(slow.mock.callCount(), 1);
  answer({ published: 1 });
  await first;

  const second = pictures.send(new Blob(), slow);
  answer({ published: 2 });
  await second;
  letTimePass();
  assert.equal(slow.mock.callCount(), 1);
});

test("a camera that is refused is refused with what to do", () => {
  /** @param {string} name */
  const refusal = (name) => refusalOf(new DOMException("", name));

  assert.match(refusal("NotAllowedError"), /Allow it beside the address/u);
  assert.match(refusal("NotFoundError"), /Plug one in/u);
  assert.match(refusal("NotReadableError"), /Another program uses the camera/u);
  assert.match(refusal("SecurityError"), /over HTTPS/u);
  assert.match(refusal("AbortError"), /gives no picture/u);
});

test("a name made at random is a slug with two digits for each byte", () => {
  assert.match(randomName("browser", 2), /^browser-[0-9a-f]{4}$/u);
  assert.match(randomName("photos", 4), /^photos-[0-9a-f]{8}$/u);
});

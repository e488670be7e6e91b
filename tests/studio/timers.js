// Time, as tests let it pass.

import { mock } from "node:test";

/** Hold back what is to be done later, until `mock.restoreAll()`; answers what lets pass as much time as it takes. */
export function holdTimers() {
  /** @type {Map<number, () => void>} */
  const held = new Map();
  let last = 0;
  /** @param {() => void} act */
  const hold = (act) => {
    last += 1;
    held.set(last, act);
    return last;
  };
  mock.method(globalThis, "setTimeout", hold);
  mock.method(globalThis, "clearTimeout", (/** @type {number} */ timer) => held.delete(timer));
  return () => {
    for (const [timer, act] of [...held]) {
      held.delete(timer);
      act();
    }
  };
}

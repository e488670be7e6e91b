// What is missing, said across the page's top while it is.

import { at, h, show } from "./elements.js";
import { follow, live } from "./poll.js";

/** @type {Record<string, string>} */
const WITHOUT = {
  capture: "Capture is not running, so no camera gives pictures.",
  extractor: "The extractor is not running, so no faces are found and no samples collected.",
  trainer: "The trainer is not running. Trainings wait until it is back.",
};

/** Show a banner for each thing that is missing; it goes by itself. */
export function sayWhatIsMissing() {
  follow(["problem", "services"], () => {
    const missing = live.problem ? [live.problem] : missingServices(live.services);
    show(at("missing"), missing.map((words) => h("p", { className: "trouble" }, words)));
  });
}

/**
 * Say what does not run, and what that means.
 * @param {Http.Services | undefined} services - undefined before it is known
 */
export function missingServices(services) {
  if (!services) return [];
  const full = services.disk ? [`${services.disk} New people, samples and trainings are refused until there is room; what is there is kept.`] : [];
  if (services.redis) return [...full, `${services.redis}. Nothing is lost: Familiar waits, and goes on by itself when Redis is back.`];
  const stopped = services.services.filter(({ running }) => !running);
  return [...full, ...stopped.map(({ service }) => `${WITHOUT[service]} Start it; the page goes on by itself.`)];
}

// Correcting a name: the face goes to the right person, or to the strangers, and the next training learns from it.

import { post } from "./api.js";
import { ask, h } from "./elements.js";
import { live, refresh } from "./poll.js";

/** @import { Answer } from "./in_view.js" */

/**
 * Ask whose the face of a prediction is, and store that; answers what was stored, or null.
 * @param {Answer} prediction
 */
export function askWhoItIs(prediction) {
  const id = encodeURIComponent(prediction.prediction_id);
  /** @param {Partial<Http.Correction>} body */
  const store = (body) => async () => {
    const corrected = await post("v1/corrections", { prediction_id: prediction.prediction_id, face: 1, ...body });
    await refresh("people", "strangers");
    return corrected;
  };
  const others = (live.people ?? []).filter((person) => person.slug !== prediction.face.person);
  const picture = h("img", { src: `v1/predictions/${id}/faces/1`, alt: "The face", className: "asked" });
  return ask("Who is this?", [picture, h("p", {}, "The next training learns from your answer.")], [
    ...others.map((person) => ({ label: person.name, act: store({ person: person.slug }) })),
    { label: "A stranger", act: store({ stranger: true }) },
  ]);
}

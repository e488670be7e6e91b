// What inference answers, for tests: each builder takes what the test is about, and fills in the rest.

/**
 * @param {Partial<Http.Person>} [about]
 * @returns {Http.Person}
 */
export const person = (about) =>
  ({ slug: "ann", name: "Ann", train_samples: 200, test_samples: 100, sessions: 1, days: 1, ...about });

/**
 * @param {Partial<Http.ManifestPerson>} [about]
 * @returns {Http.ManifestPerson}
 */
export const learned = (about) => ({ ...person(), recall: 1, tests_left_out: 0, ...about });

/**
 * @param {Partial<Http.ModelSummary>} [about]
 * @returns {Http.ModelSummary}
 */
export const model = (about) => ({
  version: 1, state: "ready", detail: null, created_at: "2026-11-23T12:00:00.000Z", people: [learned()],
  metrics: null, figures: null, pinned: false, ...about,
});

/**
 * @param {Partial<Http.Enrolment>} [about]
 * @param {Partial<Http.EnrolmentRequest>} [asked]
 * @returns {Http.Enrolment}
 */
export const enrolment = (about, asked) => ({
  request: {
    enrolment_id: "e1", camera: "door", person: "ann", name: "Ann", train: 200, test: 100, pause_seconds: 5,
    requested_at: "2026-11-23T12:00:00.000Z", ...asked,
  },
  cancelled: false, train_over: false, train_samples: 0, test_samples: 0, train_complete_at: null, refused: {},
  ...about,
});

/**
 * @param {Partial<Http.NamedFace>} [about]
 * @returns {Http.NamedFace}
 */
export const face = (about) => ({
  box: { x: 10, y: 10, width: 90, height: 90 }, person: "ann", confidence: 0.9, reason: null,
  candidates: [{ person: "ann", confidence: 0.9 }], track_id: "door-1-0-1", ...about,
});

/**
 * A prediction of the stream: it is of one face.
 * @param {number} number - of the picture
 * @param {Partial<Http.NamedFace>} [about]
 * @returns {Http.Prediction}
 */
export const prediction = (number, about) => ({
  prediction_id: `door-1-${number}-1`, model_version: 1, camera: "door", captured_at: "2026-11-23T12:00:00.000Z",
  predicted_at: "2026-11-23T12:00:00.080Z", width: 640, height: 480, faces: [face(about)], timing_ms: {},
});

/**
 * @param {string} name
 * @param {Partial<Http.Camera>} [about]
 * @returns {Http.Camera}
 */
export const camera = (name, about) =>
  ({ camera: name, source: "browser", state: "running", detail: null, published: 1, ...about });

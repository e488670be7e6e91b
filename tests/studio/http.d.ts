// What inference takes and answers. `make docs` writes this anew from the routes; nobody edits it.
declare namespace Http {
  /** What is sent: all that is required, and of the rest what one likes. */
  type Sent<Body, Required extends keyof Body> = Pick<Body, Required> & Partial<Body>;

  interface Actor {
    name: string;
    id: string;
  }

  interface AuditEntry {
    at: string;
    source: Source;
    address: string | null;
    actor: Actor;
    action: string;
    subject: Record<string, string>;
    outcome: string;
    request_id: string;
  }

  type Base = "both" | "mobilenet";

  interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
  }

  interface Camera {
    camera: string;
    source: string;
    state: CameraState;
    detail: string | null;
    published: number;
  }

  type CameraState = "running" | "failing" | "ended";

  interface Candidate {
    person: string;
    confidence: number;
  }

  interface Corrected {
    prediction_id: string;
    face: number;
    before: string | null;
    person: string | null;
    stored: boolean;
  }

  interface Correction {
    prediction_id: string;
    face: number | null;
    person: string | null;
    stranger: boolean;
  }

  interface Enrolment {
    request: EnrolmentRequest;
    cancelled: boolean;
    train_over: boolean;
    train_samples: number;
    test_samples: number;
    train_complete_at: string | null;
    refused: Record<string, number>;
  }

  interface EnrolmentRequest {
    enrolment_id: string;
    camera: string;
    person: string;
    name: string;
    train: number;
    test: number;
    pause_seconds: number;
    requested_at: string;
  }

  type EnrolmentState = "collecting" | "complete" | "cancelled";

  interface EnrolmentStatus {
    state: EnrolmentState;
    split: Split;
    enrolment: Enrolment;
  }

  interface Epoch {
    epoch: number;
    epochs: number;
    loss: number;
    accuracy: number;
    validation_loss: number;
    validation_accuracy: number;
    kept: boolean;
  }

  interface Findings {
    verdict: string;
    people: PersonFindings[];
    strangers_steps: string[];
    mistakes: ShownMistake[];
    augmentation: string;
    strangers: string;
    strangers_learned: string;
    strangers_tested: number;
    strangers_named: number;
    reliability: string | null;
  }

  interface Forgotten {
    person: string;
    samples: number;
    model_versions: number[];
    serving: boolean;
    served_version: number | null;
    training_job: string | null;
    checkpoints: number;
    kept_faces: number;
    stream_entries: number;
    dead_letters: number;
    failed_jobs: number;
    log_lines: number;
  }

  interface Gate {
    accepted: boolean;
    reason: string | null;
    compared_with: number | null;
    candidate: GateScores | null;
    served: GateScores | null;
    forced: boolean;
  }

  interface GateScores {
    samples: number;
    recall: number | null;
    false_names: number | null;
    strangers: number;
    strangers_named: number | null;
  }

  interface GoldenSample {
    file: string;
    confidences: number[];
  }

  interface JobError {
    code: string;
    detail: string;
  }

  type JobState = "queued" | "started" | "finished" | "failed";

  interface Layer {
    name: string;
    kind: string;
    trainable: boolean;
    parameters: number;
  }

  interface Manifest {
    version: number;
    created_at: string;
    people: ManifestPerson[];
    threshold: number;
    track_threshold: number | null;
    options: TrainingOptions;
    weights: Weights;
    descriptor: Weights | null;
    notes: string[];
    history: Epoch[];
    metrics: Metrics;
    layers: Layer[];
    largest_difference: number;
    training_seconds: number;
    files: Record<string, string>;
    gate: Gate | null;
    job_id: string | null;
    strangers: Record<string, number>;
    resumed_after: number;
    serving: ServingFormat;
    golden: GoldenSample[];
    findings: Findings | null;
  }

  interface ManifestPerson {
    slug: string;
    name: string;
    train_samples: number;
    test_samples: number;
    recall: number | null;
    sessions: number;
    days: number;
    tests_left_out: number;
  }

  interface Metrics {
    test_samples: number;
    accuracy: number | null;
    recall: number | null;
    false_names: number | null;
    confusion: number[][];
    strangers: number;
    strangers_named: number | null;
    calibration_error: number | null;
  }

  interface ModelSummary {
    version: number;
    state: "loading" | "ready" | "retiring" | "failed" | "rejected" | "stored";
    detail: string | null;
    created_at: string | null;
    people: ManifestPerson[];
    metrics: Metrics | null;
    figures: string | null;
    pinned: boolean;
  }

  interface NamedFace {
    box: Box;
    person: string | null;
    confidence: number;
    reason: "below_threshold" | "too_small" | "too_blurred" | null;
    candidates: Candidate[];
    track_id: string | null;
  }

  interface NewEnrolment {
    camera: string;
    name: string;
    train: number;
    test: number;
    pause_seconds: number;
  }

  interface NewName {
    name: string;
  }

  type NumberFormat = "float32" | "int8";

  interface Person {
    slug: string;
    name: string;
    train_samples: number;
    test_samples: number;
    sessions: number;
    days: number;
  }

  interface PersonFindings {
    slug: string;
    standing: string;
    steps: string[];
    collect: string | null;
    name: string;
    tested: number;
    right: number;
    wrong: number;
    unknown: number;
    taken_for: Record<string, number>;
    answers: string;
    learned: string;
    command: string | null;
    odd: string[];
  }

  interface Prediction {
    prediction_id: string;
    model_version: number;
    camera: string | null;
    captured_at: string;
    predicted_at: string;
    width: number;
    height: number;
    faces: NamedFace[];
    timing_ms: Record<string, number>;
  }

  interface Preview {
    frame_id: string;
    camera: string;
    captured_at: string;
    width: number;
    height: number;
    faces: TrackedBox[];
  }

  interface Problem {
    type: string;
    code: string;
    title: string;
    status: number;
    detail: string;
  }

  interface Readiness {
    model_version: number;
    disk_low: boolean;
  }

  type Refusal = "face not found" | "more than one face" | "too small" | "blurred" | "near-copy" | "too many samples" | "disk full";

  interface SampleSummary {
    sample_id: string;
    split: Split;
    captured_at: string | null;
    camera: string | null;
    corrected: boolean;
  }

  type Scope = "predict" | "watch" | "camera" | "metrics" | "admin";

  interface ServiceStatus {
    service: string;
    running: boolean;
  }

  interface Services {
    redis: string | null;
    disk: string | null;
    services: ServiceStatus[];
    camera_port: number;
    model_version: number | null;
  }

  interface ServingFormat {
    format: NumberFormat;
    agreement: number | null;
    recall_float32: number | null;
    recall_int8: number | null;
  }

  interface Session {
    name: string;
    scopes: Scope[];
    expires_at: string | null;
  }

  interface ShownMistake {
    file: string;
    words: string;
  }

  interface Sighting {
    sighting_id: string;
    track_id: string;
    camera: string;
    event: "came" | "left";
    person: string | null;
    confidence: number;
    model_version: number;
    at: string;
  }

  type Source = "page" | "http" | "camera" | "cli" | "service";

  type Split = "train" | "test";

  type StrangerSource = "fetched" | "given" | "marked";

  interface StrangersAdded {
    faces: number;
    stored: number;
  }

  interface StrangersSummary {
    fetched: number;
    given: number;
    marked: number;
  }

  interface TrackedBox {
    box: Box;
    track_id: string;
  }

  interface TrainingJob {
    job_id: string;
    state: JobState;
    enqueued_at: string | null;
    progress: TrainingProgress | null;
    model_version: number | null;
    rejected: string | null;
    error: JobError | null;
  }

  interface TrainingOptions {
    base: Base;
    false_names: number;
    base_width: number;
    weights: string | null;
    epochs: number;
    seed: number;
    force: boolean;
    serving: NumberFormat;
  }

  interface TrainingProgress {
    step: string;
    epochs_total: number;
    epochs: Epoch[];
  }

  interface Weights {
    source: string;
    sha256: string | null;
  }

  interface Gets {
    "v1/sightings": { answer: Sighting[] };
    "v1/models": { answer: ModelSummary[] };
    [path: `v1/models/${number}`]: { answer: Manifest };
    "v1/training-jobs": { answer: TrainingJob[] };
    [path: `v1/training-jobs/${string}`]: { answer: TrainingJob };
    "v1/enrolments": { answer: EnrolmentStatus[] };
    [path: `v1/enrolments/${string}`]: { answer: EnrolmentStatus };
    [path: `v1/people/${string}/samples`]: { answer: SampleSummary[] };
    "v1/people": { answer: Person[] };
    "v1/cameras": { answer: Camera[] };
    "v1/services": { answer: Services };
    "healthz": { answer: Record<string, string> };
    "readyz": { answer: Readiness };
    "v1/session": { answer: Session };
    "v1/audit": { answer: AuditEntry[] };
    "v1/strangers": { answer: StrangersSummary };
    [path: `v1/strangers/${string}`]: { answer: string[] };
  }

  interface Posts {
    "v1/predictions": { body: Blob; answer: Prediction };
    [path: `v1/models/${number}/activate`]: { answer: ModelSummary };
    "v1/models/unpin": { answer: ModelSummary[] };
    "v1/training-jobs": { body: Sent<TrainingOptions, never>; answer: TrainingJob };
    "v1/enrolments": { body: Sent<NewEnrolment, "camera" | "name">; answer: EnrolmentStatus };
    [path: `v1/enrolments/${string}/end-train`]: { answer: EnrolmentStatus };
    "v1/corrections": { body: Sent<Correction, "prediction_id">; answer: Corrected };
    "v1/session": { answer: Session };
    "v1/strangers": { body: Blob; answer: StrangersAdded };
  }

  interface Patches {
    [path: `v1/people/${string}`]: { body: Sent<NewName, "name">; answer: Person };
  }

  type Deletes =
    | `v1/enrolments/${string}`
    | `v1/people/${string}/samples/${string}`
    | `v1/people/${string}`
    | "v1/session"
    | `v1/strangers/${string}/${string}`;
}

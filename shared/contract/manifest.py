"""What a model version says of itself: `manifest.json`, written last into its folder."""

import math

from pydantic import AliasChoices, Field

from familiar.shared.contract.findings import Findings
from familiar.shared.contract.messages import Confidence, Epoch, Message, NumberFormat, Slug, Time, TrainingOptions

# Of probabilities. Processors that add up in another order differ by less than a thousandth of that.
GOLDEN_DIFFERENCE = 0.01


class ManifestPerson(Message):
    """Somebody that the version knows, with the number of samples it learned and was tested with.

    `recall` is the share of the person's test samples that got their name at the version's threshold;
    None where the person has no test samples. `sessions` and `days` say in how many sessions and on how many days, in
    UTC, the train samples were taken; 0 in versions from before there were any. `tests_left_out` counts test samples
    that were not asked about, because those of a session from which nothing was learned tell more.
    """

    slug: Slug
    name: str
    train_samples: int
    test_samples: int
    recall: Confidence | None
    sessions: int = 0
    days: int = 0
    tests_left_out: int = 0


class Weights(Message):
    """Where the frozen base's weights came from. `sha256` is of the file; None for random ones."""

    source: str
    sha256: str | None


class Layer(Message):
    """One layer of the network, in order from pixels to answer."""

    name: str
    kind: str
    trainable: bool
    parameters: int


class Metrics(Message):
    """How the version did on the test samples.

    `accuracy` is the share whose likeliest person is right, `recall` the share that got the right name at
    the threshold, `false_names` the share that got a wrong one. `confusion` counts test samples: row is
    who it is, column who it was likeliest taken for, both in the order of `Manifest.people`. `strangers`
    counts faces of strangers that were held back, `strangers_named` is the share of them that got a name at the
    threshold. `calibration_error` is how far confidences are from the share that is right, on average (see
    `services.trainer.judge.reliability`); None without test samples, and in versions from before it was measured.
    """

    test_samples: int
    accuracy: Confidence | None
    recall: Confidence | None
    false_names: Confidence | None
    confusion: tuple[tuple[int, ...], ...]
    strangers: int = 0
    strangers_named: Confidence | None = None
    calibration_error: Confidence | None = None

    @property
    def in_words(self) -> str:
        """All of it in a sentence."""
        tested = f"{percent(self.recall)} of {_counted(self.test_samples, 'test sample')} got the right name"
        said = [f"{tested}, {percent(self.false_names)} a wrong one" if self.test_samples else "not tested"]
        if self.strangers:
            said.append(f"of {_counted(self.strangers, 'stranger')} {percent(self.strangers_named)} got a name")
        if self.calibration_error is not None:
            said.append(f"confidences are {percent(self.calibration_error)} off on average")
        return f"{'; '.join(said)}."


class GateScores(Message):
    """How one version answers to what the gate asks two versions; shares are None where there was nothing to ask.

    `samples` counts the test samples of people that both know, `recall` and `false_names` are the shares of them
    that got the right name and a wrong one. `strangers` counts faces of strangers, `strangers_named` is the
    share of them that got a name.
    """

    samples: int
    recall: Confidence | None
    false_names: Confidence | None
    strangers: int
    strangers_named: Confidence | None


class Gate(Message):
    """Whether a version was good enough to be served, compared with the one that was served when it was made.

    `accepted` says that it became the current one, `forced` that it did although it is worse. `reason` is a
    sentence: why it is worse, or why there was nothing to compare; None where it was compared and is not worse,
    and never None where it was not accepted. Without a comparison, `compared_with`, `candidate` and `served` are
    None.
    """

    accepted: bool
    reason: str | None
    compared_with: int | None = None
    candidate: GateScores | None = None
    served: GateScores | None = None
    forced: bool = False


class ServingFormat(Message):
    """The numbers that `model.tflite` computes with, and why it is these where int8 was asked for.

    `agreement` is the share of test samples whose likeliest person is the same in both formats; `recall_float32` and
    `recall_int8` are the shares of them that each gives the right name. All are None where nothing was compared:
    float32 was asked for, or there are no test samples.
    """

    format: NumberFormat = NumberFormat.FLOAT32
    agreement: Confidence | None = None
    recall_float32: Confidence | None = None
    recall_int8: Confidence | None = None


class GoldenSample(Message):
    """A face of the version's folder, and what its network answered when it was made, in the order of the people.

    Whoever loads the version has to get the same answers, to within `GOLDEN_DIFFERENCE`.
    """

    file: str
    confidences: tuple[float, ...]


class Manifest(Message):
    """A model version. The order of `people` is the order of the network's outputs.

    A face whose likeliest person has a confidence below `threshold` is unknown; the average over a track is judged by
    `track_threshold`, None in versions from before there was one, where it is the same. `descriptor` is where the
    weights of the face descriptor came from, None where there is none, and `notes` are sentences of what training had
    to do without. `files` holds the
    SHA-256 of every file of the version; `largest_difference` is the largest one seen between what
    `model.keras` and `model.tflite`, in float32, answer to the same crops. `gate` and `job_id`, the training job that
    it came of, are None in versions from before there was either. `strangers` counts the faces of strangers that were
    read, by where they came from. `resumed_after` is the epoch after which a training that had been cut short went
    on, 0 if it ran through. `golden` is empty, and `findings` is None, in versions from before there were any.
    """

    version: int
    created_at: Time
    people: tuple[ManifestPerson, ...]
    threshold: Confidence
    track_threshold: Confidence | None = None
    options: TrainingOptions
    weights: Weights
    descriptor: Weights | None = None
    notes: tuple[str, ...] = ()
    history: tuple[Epoch, ...]
    metrics: Metrics
    layers: tuple[Layer, ...]
    largest_difference: float
    training_seconds: float
    files: dict[str, str]
    gate: Gate | None = None
    job_id: str | None = None
    strangers: dict[str, int] = Field(
        default_factory=dict,
        # What it was called before 0.2.0.
        validation_alias=AliasChoices("strangers", "background"),
    )
    resumed_after: int = 0
    serving: ServingFormat = ServingFormat()
    golden: tuple[GoldenSample, ...] = ()
    findings: Findings | None = None

    @property
    def rejection(self) -> str | None:
        """Why the version was kept and not served; None if it was not rejected."""
        return self.gate.reason if self.gate is not None and not self.gate.accepted else None


def percent(share: float | None) -> str:
    """Write a share as a percentage, cut to a tenth: what is not all is never written as 100 %."""
    return "not tested" if share is None else f"{math.floor(share * 1000 + 1e-6) / 10:g} %"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

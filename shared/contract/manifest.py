"""The manifest of a model version: `manifest.json`, the last file written into its folder."""

import math

from pydantic import AliasChoices, Field

from familiar.shared.contract.findings import Findings
from familiar.shared.contract.messages import Confidence, Epoch, Message, NumberFormat, Slug, Time, TrainingOptions

# Tolerance for probabilities. Another order of summation on another processor changes less than a thousandth of it.
GOLDEN_DIFFERENCE = 0.01


class ManifestPerson(Message):
    """A person that the version knows."""

    slug: Slug
    name: str
    train_samples: int
    test_samples: int
    recall: Confidence | None
    """Share of the test samples that are given the person's name at the threshold; null without test samples."""
    sessions: int = 0
    """Number of sessions of the train samples; 0 in versions older than the field."""
    days: int = 0
    """Number of days of the train samples, in UTC; 0 in versions older than the field."""
    tests_left_out: int = 0
    """Number of test samples left out in favour of a session from which nothing was learned."""


class Weights(Message):
    """The origin of a frozen network's weights."""

    source: str
    sha256: str | None
    """SHA-256 of the file; null for random weights."""


class Layer(Message):
    """One layer of the network, in order from pixels to answer."""

    name: str
    kind: str
    trainable: bool
    parameters: int


class Metrics(Message):
    """The version's figures on the test samples; shares are null where there was nothing to test."""

    test_samples: int
    accuracy: Confidence | None
    """Share of test samples whose likeliest person is right."""
    recall: Confidence | None
    """Share of test samples that are given the right name at the threshold."""
    false_names: Confidence | None
    """Share of test samples that are given a wrong name at the threshold."""
    confusion: tuple[tuple[int, ...], ...]
    """Confusion matrix of test samples: true person by likeliest person, both in the order of `Manifest.people`."""
    strangers: int = 0
    """Number of held-out faces of strangers."""
    strangers_named: Confidence | None = None
    """Share of them that are given a name at the threshold."""
    calibration_error: Confidence | None = None
    """Expected calibration error (Guo et al., 2017), with half of the weight on test samples and half on strangers."""

    @property
    def in_words(self) -> str:
        """The figures in a sentence."""
        tested = f"{percent(self.recall)} of {_counted(self.test_samples, 'test sample')} got the right name"
        said = [f"{tested}, {percent(self.false_names)} a wrong one" if self.test_samples else "not tested"]
        if self.strangers:
            said.append(f"of {_counted(self.strangers, 'stranger')} {percent(self.strangers_named)} got a name")
        if self.calibration_error is not None:
            said.append(f"confidences are {percent(self.calibration_error)} off on average")
        return f"{'; '.join(said)}."


class GateScores(Message):
    """The scores of one of the two versions that the gate compares; shares are null where there was nothing to test."""

    samples: int
    """Number of test samples of people that both versions know."""
    recall: Confidence | None
    """Share of them that are given the right name."""
    false_names: Confidence | None
    """Share of them that are given a wrong name."""
    strangers: int
    """Number of faces of strangers."""
    strangers_named: Confidence | None
    """Share of them that are given a name."""


class Gate(Message):
    """The result of comparing a new version with the one served at that time."""

    accepted: bool
    """Whether the version became the current one."""
    reason: str | None
    """Why the version is worse, or why nothing was compared; null where it was compared and is not worse."""
    compared_with: int | None = None
    """The version served at that time; null without a comparison."""
    candidate: GateScores | None = None
    """The new version's scores; null without a comparison."""
    served: GateScores | None = None
    """The served version's scores; null without a comparison."""
    forced: bool = False
    """Whether the version was accepted although it is worse."""


class ServingFormat(Message):
    """The number format of `model.tflite`; shares are null where float32 was requested or there are no test samples."""

    format: NumberFormat = NumberFormat.FLOAT32
    agreement: Confidence | None = None
    """Share of test samples whose likeliest person is the same in both formats."""
    recall_float32: Confidence | None = None
    """Share of test samples that float32 gives the right name."""
    recall_int8: Confidence | None = None
    """Share of test samples that int8 gives the right name."""


class GoldenSample(Message):
    """A golden sample: a face with its recorded output, which a loaded version reproduces to `GOLDEN_DIFFERENCE`."""

    file: str
    """The picture of the face in the version's folder."""
    confidences: tuple[float, ...]
    """The recorded probabilities, in the order of `Manifest.people`."""


class Manifest(Message):
    """The manifest of a model version; defaults apply to versions older than a field."""

    version: int
    created_at: Time
    people: tuple[ManifestPerson, ...]
    """The people that the version knows, in the order of the network's outputs."""
    threshold: Confidence
    """A face is unknown if the confidence of its likeliest person is below this."""
    track_threshold: Confidence | None = None
    """The same for the average over a track; null for `threshold`."""
    options: TrainingOptions
    weights: Weights
    """The origin of MobileNet's weights."""
    descriptor: Weights | None = None
    """The origin of the face descriptor's weights; null for a version without it."""
    notes: tuple[str, ...] = ()
    """Sentences on what training had to do without."""
    history: tuple[Epoch, ...]
    metrics: Metrics
    layers: tuple[Layer, ...]
    largest_difference: float
    """Largest difference seen between the outputs of `model.keras` and of `model.tflite` in float32."""
    training_seconds: float
    files: dict[str, str]
    """SHA-256 of each of the version's other files, by name."""
    gate: Gate | None = None
    job_id: str | None = None
    """The training job that produced the version."""
    strangers: dict[str, int] = Field(
        default_factory=dict,
        # The field's name before 0.2.0.
        validation_alias=AliasChoices("strangers", "background"),
    )
    """Number of faces of strangers read, by source."""
    resumed_after: int = 0
    """The epoch after which an interrupted training was resumed; 0 for an uninterrupted one."""
    serving: ServingFormat = ServingFormat()
    golden: tuple[GoldenSample, ...] = ()
    """Faces with recorded outputs, to verify a loaded version."""
    findings: Findings | None = None

    @property
    def rejection(self) -> str | None:
        """Why the version was rejected; None if it was not."""
        return self.gate.reason if self.gate is not None and not self.gate.accepted else None


def percent(share: float | None) -> str:
    """Format a share as a percentage, truncated to a tenth so that only 1 becomes 100 %."""
    return "not tested" if share is None else f"{math.floor(share * 1000 + 1e-6) / 10:g} %"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

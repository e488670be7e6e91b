"""The messages of the contract, one frozen class each, without extra fields.

A stream entry is the JSON of one of these in the field `header`, and bytes in the field `payload`.
Times are UTC with milliseconds; boxes are in pixels of the frame; confidences are 0..1.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from familiar.shared.contract.slugs import SLUG_PATTERN


def _to_milliseconds(time: datetime) -> datetime:
    """Truncate a time to UTC milliseconds, so that messages survive a round trip through JSON unchanged."""
    try:
        utc = time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is before the year 1 or after 9999 in UTC") from error
    return utc.replace(microsecond=time.microsecond // 1000 * 1000)


def _with_milliseconds(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    AwareDatetime,
    AfterValidator(_to_milliseconds),
    PlainSerializer(_with_milliseconds, return_type=str, when_used="json"),
]
Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]
Confidence = Annotated[float, Field(ge=0, le=1)]


# Train samples that a person needs for a training.
FEWEST_SAMPLES = 2
BASE_WIDTHS = (0.25, 0.5, 0.75, 1.0)


def _to_base_width(width: float) -> float:
    if width not in BASE_WIDTHS:
        raise ValueError(f"ImageNet weights exist for {', '.join(map(str, BASE_WIDTHS))}, not for {width}")
    return width


BaseWidth = Annotated[float, AfterValidator(_to_base_width)]


class Message(BaseModel):
    """Base class of all messages: frozen; unknown fields are an error, and numbers that JSON does not have."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class Split(StrEnum):
    """The part of the sample store that a sample belongs to."""

    TRAIN = "train"
    TEST = "test"


class Box(Message):
    """A bounding box, in pixels of the picture."""

    x: int
    """Left edge."""
    y: int
    """Top edge."""
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class EnrolmentLabel(Message):
    """The label that capture puts on a frame while an enrolment runs on its camera."""

    enrolment_id: str
    person: Slug
    split: Split


class Frame(Message):
    """One picture of a camera. Payload: the JPEG of the whole picture."""

    frame_id: str
    """`<camera>-<start of the source in ms>-<sequence>`."""
    camera: Slug
    captured_at: Time
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    live: bool = True
    """Whether the frame may be dropped under load; frames of an enrolment may not."""
    enrolment: EnrolmentLabel | None = None


class Face(Message):
    """One face detected in a frame. Payload: the JPEG of its crop."""

    face_id: str
    frame_id: str
    camera: Slug
    captured_at: Time
    width: int = Field(gt=0)
    """Width of the frame, in pixels."""
    height: int = Field(gt=0)
    """Height of the frame, in pixels."""
    box: Box
    track_id: str
    """The `face_id` of the first face of its track."""


class TrackedBox(Message):
    """The bounding box of a face, and its track."""

    box: Box
    track_id: str


class Preview(Message):
    """A processed frame for viewers of its camera. Payload: the JPEG of the frame."""

    frame_id: str
    camera: Slug
    captured_at: Time
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    faces: tuple[TrackedBox, ...]


class ModelVersion(Message):
    """A hint that a version was published, without payload: the model store says which one is served."""

    model_version: int = Field(ge=1)
    published_at: Time


class Candidate(Message):
    """One of the people that a face may belong to."""

    person: Slug
    confidence: Confidence


# A name for a face that is too small or too blurred would be a guess.
TooPoor = Literal["too_small", "too_blurred"]
Reason = Literal["below_threshold"] | TooPoor
WITHOUT_A_NAME: dict[Reason, str] = {
    "below_threshold": "unknown",
    "too_small": "too small",
    "too_blurred": "too blurred",
}


class NamedFace(Message):
    """A face and its prediction."""

    box: Box
    person: Slug | None
    """The slug of the person; null without a name, see `reason`."""
    confidence: Confidence
    """Probability of the likeliest person, the mean over the newest faces of the track where there is one.

    With `below_threshold` it is how likely that person was, not how certain it is that the face is nobody's. It is 0
    where the face is too small or too blurred.
    """
    reason: Reason | None
    """Why there is no name; null where there is one."""
    candidates: tuple[Candidate, ...]
    """The likeliest people; empty where the face is too small or too blurred."""
    track_id: str | None = None
    """The track of a camera's face; null for faces of pictures sent over HTTP."""

    @property
    def who(self) -> str:
        """The person with the confidence, or why there is no name."""
        if self.person is None:
            return WITHOUT_A_NAME[self.reason or "below_threshold"]
        return f"{self.person} {self.confidence:.2f}"


class Prediction(Message):
    """The faces of a picture with their names: the answer over HTTP, and an entry of the stream `predictions`."""

    prediction_id: str
    """On the stream, the id of the face."""
    model_version: int
    camera: Slug | None
    """Null for pictures sent over HTTP."""
    captured_at: Time
    predicted_at: Time
    width: int
    height: int
    faces: tuple[NamedFace, ...]
    """Every face of the picture over HTTP; exactly one on the stream."""
    timing_ms: dict[str, float]
    """Milliseconds by processing step."""


class Sighting(Message):
    """A person's arrival before a camera or departure from it: an entry of the stream `sightings`, sent once each."""

    sighting_id: str
    """The same for arrival and departure."""
    track_id: str
    """The newest track that the person was seen on."""
    camera: Slug
    event: Literal["came", "left"]
    person: Slug | None
    """Null for an unknown person."""
    confidence: Confidence
    """As in `NamedFace`."""
    model_version: int
    at: Time
    """When the first face was captured for `came`, and the last one for `left`."""


class KeptFace(Message):
    """A face of a recent prediction that can still be corrected. Payload: the JPEG of its crop."""

    prediction_id: str
    number: int = Field(ge=1)
    """Position of the face in its prediction, counted from 1."""
    faces: int = Field(ge=1)
    """Number of faces of the prediction."""
    camera: Slug | None
    """Null for pictures sent over HTTP."""
    captured_at: Time
    person: Slug | None
    """The predicted person; null for an unknown one."""


class NumberFormat(StrEnum):
    """The number format that a served network computes in."""

    FLOAT32 = "float32"
    INT8 = "int8"


class Base(StrEnum):
    """The frozen branches below the trained layers: MobileNet alone, or MobileNet and a face descriptor."""

    BOTH = "both"
    MOBILENET = "mobilenet"


class TrainingOptions(Message):
    """The options of a training job."""

    base: Base = Base.BOTH
    """The frozen branches of the network."""
    false_names: float = Field(default=0.01, gt=0, le=0.5)
    """The share of strangers that may be given a name."""
    base_width: BaseWidth = 1.0
    """MobileNet's width multiplier alpha."""
    weights: str | None = None
    """`imagenet`, `random` or the path of a file; null for the trainer's setting FAMILIAR_WEIGHTS."""
    epochs: int = Field(default=10, ge=1, le=1000)
    seed: int = Field(default=0, ge=0, lt=2**32)
    """The same seed and samples reproduce a training."""
    force: bool = False
    """Serve the version even if it is worse than the one that is served."""
    serving: NumberFormat = NumberFormat.FLOAT32
    """The format of the served network; float32 is kept where int8 answers worse."""


class Epoch(Message):
    """The figures of one training epoch."""

    epoch: int = Field(ge=1)
    epochs: int = Field(ge=1)
    """Number of epochs of the training."""
    loss: float
    accuracy: Confidence
    validation_loss: float
    validation_accuracy: Confidence
    kept: bool
    """Whether these weights are the best so far: higher validation accuracy, or equal with a lower validation loss."""

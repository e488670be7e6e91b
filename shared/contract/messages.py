"""Every message of the contract, one class each, frozen, with nothing extra allowed.

A stream entry is the JSON of one of these in the field `header`, and bytes in the field `payload`.
Times are UTC with milliseconds; boxes are pixels of the frame; confidences are 0..1.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from familiar.shared.contract.slugs import SLUG_PATTERN


def _to_milliseconds(time: datetime) -> datetime:
    """Cut a time to UTC milliseconds, so that a message read back equals the one that was written."""
    return time.astimezone(UTC).replace(microsecond=time.microsecond // 1000 * 1000)


def _with_milliseconds(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[
    AwareDatetime,
    AfterValidator(_to_milliseconds),
    PlainSerializer(_with_milliseconds, return_type=str, when_used="json"),
]
Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]
Confidence = Annotated[float, Field(ge=0, le=1)]


BASE_WIDTHS = (0.25, 0.5, 0.75, 1.0)


def _to_base_width(width: float) -> float:
    if width not in BASE_WIDTHS:
        raise ValueError(f"ImageNet weights exist for {', '.join(map(str, BASE_WIDTHS))}, not for {width}")
    return width


BaseWidth = Annotated[float, AfterValidator(_to_base_width)]


class Message(BaseModel):
    """What every message has in common: it never changes, and a field that is not named is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Split(StrEnum):
    """Which part of the sample store a sample belongs to."""

    TRAIN = "train"
    TEST = "test"


class Box(Message):
    """A bounding box in pixels; `x` and `y` are its left upper corner."""

    x: int
    y: int
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class EnrolmentLabel(Message):
    """What capture stamps on a frame while its camera enrols somebody."""

    enrolment_id: str
    person: Slug
    split: Split


class Frame(Message):
    """One picture of a camera. Payload: the JPEG of the whole picture.

    `frame_id` is `<camera>-<start of the source in ms>-<sequence>`. A `live` frame may be dropped when
    nobody keeps up; frames of an enrolment are not live.
    """

    frame_id: str
    camera: Slug
    captured_at: Time
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    live: bool = True
    enrolment: EnrolmentLabel | None = None


class Face(Message):
    """One face found in a frame. Payload: the JPEG of its crop. `width` and `height` are the frame's.

    `track_id` is the `face_id` of the first face of the track: faces that share it are one face that stays in view.
    """

    face_id: str
    frame_id: str
    camera: Slug
    captured_at: Time
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    box: Box
    track_id: str


class TrackedBox(Message):
    """Where a face is in a picture, and which track it is of."""

    box: Box
    track_id: str


class Preview(Message):
    """A frame that was worked through, for those who watch its camera just now. Payload: the JPEG of the frame."""

    frame_id: str
    camera: Slug
    captured_at: Time
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    faces: tuple[TrackedBox, ...]


class ModelVersion(Message):
    """A version was published. A hint without payload: the model store says what is served."""

    model_version: int = Field(ge=1)
    published_at: Time


class Candidate(Message):
    """One of the people a face may be."""

    person: Slug
    confidence: Confidence


# Of a face that is too small or too blurred, a name would be a guess.
TooPoor = Literal["too_small", "too_blurred"]
Reason = Literal["below_threshold"] | TooPoor
WITHOUT_A_NAME: dict[Reason, str] = {
    "below_threshold": "unknown",
    "too_small": "too small",
    "too_blurred": "too blurred",
}


class NamedFace(Message):
    """A face with its answer: `person` is a slug, or None where there is no name, and then `reason` says why.

    `confidence` is the likeliest person's: where somebody unknown is `below_threshold`, it says how little it was
    enough, and nothing of how surely it is nobody. A face that is too small or too blurred gets no name: its confidence
    is 0, and it has no candidates.

    A face of a camera has a `track_id`, and its confidences are means over the newest faces of that track.
    """

    box: Box
    person: Slug | None
    confidence: Confidence
    reason: Reason | None
    candidates: tuple[Candidate, ...]
    track_id: str | None = None

    @property
    def who(self) -> str:
        """Say in words who it is: the person and how sure that is, or why there is no name."""
        if self.person is None:
            return WITHOUT_A_NAME[self.reason or "below_threshold"]
        return f"{self.person} {self.confidence:.2f}"


class Prediction(Message):
    """Who is in a picture: the answer over HTTP, and an entry of the stream `predictions`.

    On the stream a prediction speaks of one face, and `prediction_id` is that face's id; over HTTP it
    speaks of every face of the picture, and there is no camera. `timing_ms` holds milliseconds by step.
    """

    prediction_id: str
    model_version: int
    camera: Slug | None
    captured_at: Time
    predicted_at: Time
    width: int
    height: int
    faces: tuple[NamedFace, ...]
    timing_ms: dict[str, float]


class Sighting(Message):
    """Somebody came before a camera, or left it: an entry of the stream `sightings`, said once each.

    Both entries of a sighting have its `sighting_id`. `person` is None for somebody unknown, `track_id` that of the
    newest track it was seen on. `confidence` is as in `NamedFace`. `at` is when the first face of who came, or the last
    face of who left, was captured.
    """

    sighting_id: str
    track_id: str
    camera: Slug
    event: Literal["came", "left"]
    person: Slug | None
    confidence: Confidence
    model_version: int
    at: Time


class KeptFace(Message):
    """A face that was answered a while ago, and can still be corrected. Payload: the JPEG of its crop.

    `number` counts the `faces` of the prediction from 1, in their order; `person` is whom it was taken for,
    None for somebody unknown. There is no camera where the picture came over HTTP.
    """

    prediction_id: str
    number: int = Field(ge=1)
    faces: int = Field(ge=1)
    camera: Slug | None
    captured_at: Time
    person: Slug | None


class NumberFormat(StrEnum):
    """The numbers that a served network computes with."""

    FLOAT32 = "float32"
    INT8 = "int8"


class Base(StrEnum):
    """Which frozen branches the new layers learn on: MobileNet alone, or a descriptor of faces beside it."""

    BOTH = "both"
    MOBILENET = "mobilenet"


class TrainingOptions(Message):
    """What a training job may be told.

    `base` says which frozen branches there are, `false_names` which share of strangers may get a name.
    `base_width` is MobileNet's alpha. `weights` is `imagenet`, `random` or the path of a file; None means
    the trainer's setting FAMILIAR_WEIGHTS. `seed` makes a training repeatable. `force` publishes the version even
    if it is worse than the one that is served. `serving` is the format of the served network; where int8 answers worse
    it is float32 all the same.
    """

    base: Base = Base.BOTH
    false_names: float = Field(default=0.01, gt=0, le=0.5)
    base_width: BaseWidth = 1.0
    weights: str | None = None
    epochs: int = Field(default=10, ge=1, le=1000)
    seed: int = Field(default=0, ge=0, lt=2**32)
    force: bool = False
    serving: NumberFormat = NumberFormat.FLOAT32


class Epoch(Message):
    """How one epoch went. `kept` says whether these weights are the best so far, and were kept.

    Better is a higher validation accuracy, or the same with a lower validation loss.
    """

    epoch: int = Field(ge=1)
    epochs: int = Field(ge=1)
    loss: float
    accuracy: Confidence
    validation_loss: float
    validation_accuracy: Confidence
    kept: bool

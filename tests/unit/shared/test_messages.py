"""Messages survive the way through Redis, and nothing slips in on it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from familiar.shared.contract.messages import (
    Box,
    Candidate,
    EnrolmentLabel,
    Epoch,
    Face,
    Frame,
    Message,
    ModelVersion,
    NamedFace,
    Prediction,
    Sighting,
    Split,
    TrainingOptions,
)

TAKEN_AT = datetime(2026, 11, 23, 9, 0, 0, 120_987, UTC)
BOX = Box(x=-3, y=8, width=142, height=140)
FRAME = Frame(
    frame_id="door-1763888400120-7",
    camera="door",
    captured_at=TAKEN_AT,
    width=640,
    height=480,
    enrolment=EnrolmentLabel(enrolment_id="a1", person="zoe-k", split=Split.TEST),
)
FACE = Face(
    face_id="f-0",
    frame_id=FRAME.frame_id,
    camera="door",
    captured_at=TAKEN_AT,
    width=640,
    height=480,
    box=BOX,
    track_id="f-0",
)
NAMED = NamedFace(
    box=BOX,
    person=None,
    confidence=0.31,
    reason="below_threshold",
    candidates=(Candidate(person="arjun", confidence=0.31),),
)
PREDICTION = Prediction(
    prediction_id="f-0",
    model_version=7,
    camera=None,
    captured_at=TAKEN_AT,
    predicted_at=TAKEN_AT + timedelta(milliseconds=15),
    width=640,
    height=480,
    faces=(NAMED,),
    timing_ms={"decode": 2.1, "total": 14.6},
)
EPOCH = Epoch(epoch=1, epochs=10, loss=2.5, accuracy=0.5, validation_loss=1.5, validation_accuracy=0.75, kept=True)
MESSAGES = (
    FRAME,
    FACE,
    PREDICTION,
    EPOCH,
    Sighting(
        sighting_id="f-2",
        track_id="f-0",
        camera="door",
        event="came",
        person=None,
        confidence=0.31,
        model_version=7,
        at=TAKEN_AT,
    ),
    ModelVersion(model_version=7, published_at=TAKEN_AT),
    TrainingOptions(base_width=0.25, weights="random", epochs=3, seed=5),
)


def name_of(message: Message) -> str:
    """Name a message by its class."""
    return type(message).__name__


@pytest.mark.parametrize("message", MESSAGES, ids=name_of)
def test_a_message_read_back_equals_the_one_that_was_written(message: Message) -> None:
    """Times included: what JSON cannot hold is cut before."""
    assert type(message).model_validate_json(message.model_dump_json()) == message


@pytest.mark.parametrize("message", MESSAGES, ids=name_of)
def test_a_field_that_is_not_named_is_refused(message: Message) -> None:
    """A misspelt or newer field is an error, and not silently lost."""
    with pytest.raises(ValidationError, match="extra_forbidden"):
        type(message).model_validate({**message.model_dump(), "extra": 1})


@pytest.mark.parametrize("message", MESSAGES, ids=name_of)
def test_a_message_never_changes(message: Message) -> None:
    """Setting a field is an error."""
    field = next(iter(type(message).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(message, field, getattr(message, field))


def test_times_are_written_as_utc_with_three_digits_and_a_z() -> None:
    """Any language reads that; the digits beyond are cut and not rounded."""
    assert '"captured_at":"2026-11-23T09:00:00.120Z"' in FRAME.model_dump_json()


def test_a_whole_second_is_written_with_its_zeros() -> None:
    """Every time has the same length."""
    message = ModelVersion(model_version=1, published_at=TAKEN_AT.replace(microsecond=0))
    assert '"2026-11-23T09:00:00.000Z"' in message.model_dump_json()


def test_a_time_of_another_zone_becomes_utc() -> None:
    """Half past two in India is nine in the morning."""
    there = TAKEN_AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert '"2026-11-23T09:00:00.120Z"' in ModelVersion(model_version=1, published_at=there).model_dump_json()


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody can tell when it was."""
    with pytest.raises(ValidationError, match="timezone"):
        ModelVersion(model_version=1, published_at=TAKEN_AT.replace(tzinfo=None))


@pytest.mark.parametrize("camera", ["../x", "Door", "", "a b", "door\n", "frames:door"])
def test_a_camera_that_is_no_slug_is_refused(camera: str) -> None:
    """Whoever writes into a stream cannot name a folder or a key with it."""
    with pytest.raises(ValidationError, match="camera"):
        Frame(frame_id="f", camera=camera, captured_at=TAKEN_AT, width=1, height=1)


@pytest.mark.parametrize("sides", [(0, 5), (5, 0), (-1, 5)])
def test_a_box_without_an_area_is_refused(sides: tuple[int, int]) -> None:
    """There is nothing to cut out."""
    with pytest.raises(ValidationError, match="greater_than"):
        Box(x=0, y=0, width=sides[0], height=sides[1])


@pytest.mark.parametrize("confidence", [-0.01, 1.01, float("nan")])
def test_a_confidence_lies_between_0_and_1(confidence: float) -> None:
    """Anything else is no confidence."""
    with pytest.raises(ValidationError, match="confidence"):
        Candidate(person="zoe", confidence=confidence)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_json_has_no_number_for_is_refused(number: str) -> None:
    """It would be written as null, and nobody could read that."""
    written = EPOCH.model_dump_json().replace("2.5", number)
    with pytest.raises(ValidationError, match="finite"):
        Epoch.model_validate_json(written)
    written = PREDICTION.model_dump_json().replace("14.6", number)
    with pytest.raises(ValidationError, match="finite"):
        Prediction.model_validate_json(written)


def test_a_name_comes_with_how_sure_it_is_and_somebody_unknown_without() -> None:
    """The likeliest person's confidence would read as how surely it is nobody."""
    known = NAMED.model_copy(update={"person": "arjun", "reason": None})
    poor = NAMED.model_copy(update={"reason": "too_small"})
    assert [face.who for face in (known, NAMED, poor)] == ["arjun 0.31", "unknown", "too small"]


def test_a_frame_is_live_unless_it_says_otherwise() -> None:
    """Who publishes frames of their own need not know of enrolments."""
    frame = Frame(frame_id="f", camera="door", captured_at=TAKEN_AT, width=1, height=1)
    assert frame.live
    assert frame.enrolment is None


def test_a_base_width_without_imagenet_weights_says_which_there_are() -> None:
    """The sentence lists the four."""
    with pytest.raises(ValidationError, match=r"0\.25, 0\.5, 0\.75, 1\.0, not for 0\.3"):
        TrainingOptions(base_width=0.3)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_random_generator_takes_is_refused(seed: int) -> None:
    """Otherwise the training fails later, in a way that it has no name for."""
    with pytest.raises(ValidationError, match="seed"):
        TrainingOptions(seed=seed)

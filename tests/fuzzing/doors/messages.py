"""Messages as JSON of any origin: stream entries, requests, records and manifests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st
from pydantic import ValidationError

from familiar.services.inference.stream.sightings import View
from familiar.shared.contract.messages import (
    Box,
    EnrolmentLabel,
    Face,
    Frame,
    KeptFace,
    Message,
    ModelVersion,
    Preview,
    Sighting,
    Split,
    TrackedBox,
    TrainingOptions,
)
from familiar.shared.people.correct import Correction
from familiar.shared.redis.cameras import Camera, CameraState
from familiar.shared.redis.enrolments import open_enrolments
from familiar.shared.redis.foreign_values import read_stored
from familiar.shared.redis.stream import parse_entry
from familiar.shared.redis.training_queue import training_records
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.builders import NOON, prediction_of
from tests.colour_crops import RED, crop_of
from tests.fuzzing.door import Door, Fault, Outcome, outcome_of
from tests.fuzzing.ground import JOB, Ground, intention
from tests.odd_entries import odd_entries

_BOX = Box(x=1, y=2, width=64, height=64)
FRAME = Frame(
    frame_id="door-1",
    camera="door",
    captured_at=NOON,
    width=640,
    height=480,
    enrolment=EnrolmentLabel(enrolment_id="e1", person="zoe", split=Split.TRAIN),
)
FACE = Face(
    face_id="t-0", frame_id="door-0", camera="door", captured_at=NOON, width=640, height=480, box=_BOX, track_id="t"
)
SIGHTING = Sighting(
    sighting_id="s",
    track_id="t",
    camera="door",
    event="came",
    person="bea",
    confidence=0.9,
    model_version=1,
    at=NOON,
)
PREVIEW = Preview(
    frame_id="door-1",
    camera="door",
    captured_at=NOON,
    width=64,
    height=64,
    faces=(TrackedBox(box=_BOX, track_id="t"),),
)
KEPT = KeptFace(prediction_id="p", number=1, faces=1, camera="door", captured_at=NOON, person="bea")
CAMERA = Camera(camera="door", source="0", state=CameraState.RUNNING)


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Parse entries of every kind of message, and write what was read again."""
    entries = st.one_of([st.tuples(st.just(type(one)), odd_entries(one, crop_of(RED))) for one in _messages(ground)])

    def send(sent: tuple[type[Message], dict[bytes, bytes]]) -> list[Outcome]:
        kind, fields = sent
        return [outcome_of(lambda: _read_and_write(kind, fields))]

    yield Door(entries, send)


def _messages(ground: Ground) -> list[Message]:
    home = ground.home()
    records = open_enrolments(SampleStore(home)).find("door"), training_records(home).find(JOB)
    manifest = ModelStore(home).manifest(2)
    view = View.model_validate({"camera": "door"})
    hint = ModelVersion(model_version=1, published_at=NOON)
    correction = Correction(prediction_id="p", person="Bea")
    found = (*records, manifest, view, hint, correction, prediction_of("p", "bea", None), TrainingOptions())
    return [one for one in (*found, FRAME, FACE, SIGHTING, PREVIEW, KEPT, CAMERA, intention()) if one is not None]


def _read_and_write(kind: type[Message], fields: dict[bytes, bytes]) -> None:
    read_stored("key", fields.get(b"header"), kind)
    message, _ = parse_entry(fields, kind)
    written = message.model_dump_json()
    # As another program reads it: JSON has no NaN.
    json.loads(written, parse_constant=_refuse)
    try:
        again = kind.model_validate_json(written)
    except ValidationError as error:
        raise Fault(f"{kind.__name__} was accepted, and cannot be read again: {error}") from error
    if again != message:
        raise Fault(f"{kind.__name__} is another one when it is read again")


def _refuse(constant: str) -> None:
    raise Fault(f"JSON has no {constant}")

"""Replicas of inference in one process: what they are shown, and what they say."""

from collections.abc import Callable
from datetime import datetime, timedelta

import redis

from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.stream.face_worker import FaceWorker
from familiar.shared.contract.messages import Box, Face, NamedFace, Prediction, Sighting
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.redis.stream import publish
from familiar.shared.stores.models import ModelStore
from tests.builders import NO_SEALS, NOON
from tests.colour_crops import Colour, crop_of
from tests.streams import fields_of

Replica = Callable[[str], FaceWorker]


def at(seconds: float) -> datetime:
    """Give the time so long after noon."""
    return NOON + timedelta(seconds=seconds)


def show(  # noqa: PLR0913 - tests name what matters to them
    client: redis.Redis,
    colour: Colour,
    number: int,
    track_id: str = "t",
    camera: str = "door",
    *,
    sharp: bool = True,
    width: int = 64,
) -> Face:
    """Publish a face of this colour; faces are a tenth of a second apart."""
    face = Face(
        face_id=f"{track_id}-{number}",
        frame_id=f"{camera}-{number}",
        camera=camera,
        captured_at=at(number / 10),
        width=640,
        height=480,
        box=Box(x=0, y=0, width=width, height=width),
        track_id=track_id,
    )
    publish(client, "faces", face, crop_of(colour, sharp=sharp))
    return face


def names(client: redis.Redis) -> list[NamedFace]:
    """Read what was predicted."""
    return [Prediction.model_validate_json(fields[b"header"]).faces[0] for fields in fields_of(client, "predictions")]


def said(client: redis.Redis) -> list[tuple[str, str | None, float]]:
    """Read what was said: the event, the person, and seconds after noon."""
    return [(one.event, one.person, (one.at - NOON).total_seconds()) for one in sightings(client)]


def sightings(client: redis.Redis) -> list[Sighting]:
    """Read the stream of sightings."""
    return [Sighting.model_validate_json(fields[b"header"]) for fields in fields_of(client, "sightings")]


def start(client: redis.Redis, name: str, store: ModelStore) -> FaceWorker:
    """Start a replica of inference that serves what a store calls current."""
    watcher = ModelWatcher(client, store, ServedModel(store))
    watcher.poll()
    return FaceWorker(client, name, watcher.served, KeptFaces(client, 5, MINUTES_KEPT, NO_SEALS))

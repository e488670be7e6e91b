"""Tracks and views in Redis, where every replica of inference finds them.

They are read in the transaction that writes them again, under WATCH: replicas that answer faces of one camera at the
same time wait for each other, and none overwrites what another has just learned.
"""

from typing import Any

import redis
from redis.client import Pipeline

from familiar.services.inference.stream.sightings import Seen, View
from familiar.services.inference.stream.track_averages import TrackAnswers
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Face
from familiar.shared.redis.stream import publish

SIGHTINGS_KEPT = 10_000
# An extractor gives a track up after a second without a face; the rest is for faces that wait for their answer.
TRACK_SECONDS_KEPT = 60


def watched_names(face: Face) -> tuple[str, ...]:
    """Name what must not change between reading and writing what came of a face."""
    return redis_names.track(face.track_id), redis_names.view(face.camera), redis_names.FORGETTINGS


def find_track(pipeline: Pipeline, track_id: str) -> TrackAnswers | None:
    """Look up what was said of the newest faces of a track; None where there is nothing."""
    text: Any = pipeline.get(redis_names.track(track_id))
    return None if text is None else TrackAnswers.model_validate_json(text)


def find_view(pipeline: Pipeline, camera: str) -> View:
    """Look up what is in view of a camera."""
    text: Any = pipeline.get(redis_names.view(camera))
    return read_view(camera, text)


def read_view(camera: str, text: bytes | None) -> View:
    """Read what stands in Redis of a camera's view; None where nothing is in view."""
    return View(camera=camera) if text is None else View.model_validate_json(text)


def keep_track(pipeline: Pipeline, track_id: str, answers: TrackAnswers) -> None:
    """Queue that the answers to a track are kept for a while."""
    pipeline.set(redis_names.track(track_id), answers.model_dump_json(), ex=TRACK_SECONDS_KEPT)


def keep_view(pipeline: Pipeline, seen: Seen) -> None:
    """Queue that a view is kept, and that what is to be said of it is published.

    It has no time to live: who has not been said to have left is found after any pause.
    """
    view = seen.view
    if view.tracks or view.sightings:
        pipeline.set(redis_names.view(view.camera), view.model_dump_json())
        pipeline.sadd(redis_names.VIEWS, view.camera)
    else:
        pipeline.delete(redis_names.view(view.camera))
        pipeline.srem(redis_names.VIEWS, view.camera)
    for sighting in seen.said:
        publish(pipeline, redis_names.SIGHTINGS, sighting, most=SIGHTINGS_KEPT)


def viewed_cameras(client: redis.Redis) -> list[str]:
    """List the cameras with something in view."""
    cameras: Any = client.smembers(redis_names.VIEWS)
    return sorted(camera.decode() for camera in cameras)

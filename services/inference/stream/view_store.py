"""Tracks and views in Redis, shared by all replicas of inference.

They are read under WATCH, in the transaction that writes them again (optimistic locking): no replica overwrites what
another has just learned about the same camera.
"""

from typing import Any

import redis
from redis.client import Pipeline

from familiar.services.inference.stream.sightings import Seen, View
from familiar.services.inference.stream.track_averages import TrackAnswers
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Face
from familiar.shared.redis.foreign_values import read_stored, slugs_in
from familiar.shared.redis.stream import publish

SIGHTINGS_KEPT = 10_000
# An extractor ends a track after a second without a face; the rest is for faces that are still queued.
TRACK_SECONDS_KEPT = 60


def watched_names(face: Face) -> tuple[str, ...]:
    """Return the keys that must not change between reading and writing the state around a face."""
    return redis_names.track(face.track_id), redis_names.view(face.camera), redis_names.FORGETTINGS


def find_track(pipeline: Pipeline, track_id: str) -> TrackAnswers | None:
    """Return the answers to the newest faces of a track; None if there are none."""
    text: Any = pipeline.get(redis_names.track(track_id))
    return read_stored(redis_names.track(track_id), text, TrackAnswers)


def find_view(pipeline: Pipeline, camera: str) -> View:
    """Return what is in view of a camera."""
    text: Any = pipeline.get(redis_names.view(camera))
    return read_view(camera, text)


def read_view(camera: str, text: bytes | None) -> View:
    """Parse a camera's view as stored in Redis; None where nothing is in view."""
    view = read_stored(redis_names.view(camera), text, View)
    return view if view is not None and view.camera == camera else View(camera=camera)


def keep_track(pipeline: Pipeline, track_id: str, answers: TrackAnswers) -> None:
    """Queue storing the answers to a track, with a time to live."""
    pipeline.set(redis_names.track(track_id), answers.model_dump_json(), ex=TRACK_SECONDS_KEPT)


def keep_view(pipeline: Pipeline, seen: Seen) -> None:
    """Queue storing a view and publishing its sightings.

    It has no time to live, so that departures are found after any downtime.
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
    """Return the cameras with something in view, sorted."""
    return slugs_in(client.smembers(redis_names.VIEWS))

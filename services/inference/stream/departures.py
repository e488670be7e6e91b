"""The edge that notices who has left: also when no face comes any more, nobody's leaving goes unsaid."""

import threading
from datetime import UTC, datetime
from typing import Any

import redis
from redis.client import Pipeline

from familiar.services.inference.stream.sightings import LEFT_SECONDS, leave
from familiar.services.inference.stream.view_store import find_view, keep_view, viewed_cameras
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import MalformedEntry
from familiar.shared.contract.messages import Face
from familiar.shared.redis.connection import keep_going
from familiar.shared.redis.stream import parse_entry

_LOOK_EVERY_SECONDS = 0.5


def watch_departures(client: redis.Redis, stopped: threading.Event) -> None:
    """Say who has left, until stopped. Any number of replicas may do so: each leaving is said once."""

    def look() -> None:
        say_who_left(client, datetime.now(UTC))
        stopped.wait(_LOOK_EVERY_SECONDS)

    # Faces that waited for this start are answered first: who never went out of view has not left.
    stopped.wait(LEFT_SECONDS)
    keep_going(look, stopped.is_set)


def say_who_left(client: redis.Redis, now: datetime) -> None:
    """Look at every camera with something in view, and say who has left it.

    Somebody whose faces still wait to be answered has not left, so time has only come as far as the oldest of them.
    """
    try:
        as_of = min(now, _oldest_waiting(client) or now)
    except MalformedEntry:
        # It is about to be buried, and may stand before others.
        return
    for camera in viewed_cameras(client):
        _look_at(client, camera, as_of)


def _look_at(client: redis.Redis, camera: str, as_of: datetime) -> None:
    def commit(pipeline: Pipeline) -> None:
        before = find_view(pipeline, camera)
        seen = leave(before, as_of)
        pipeline.multi()
        if seen.view != before:
            keep_view(pipeline, seen)

    client.transaction(commit, redis_names.view(camera))


def _oldest_waiting(client: redis.Redis) -> datetime | None:
    entries: Any = client.xrange(redis_names.FACES, count=1)
    return parse_entry(entries[0][1], Face)[0].captured_at if entries else None

"""The edge that notices departures, even when no face arrives any more."""

import threading
from datetime import UTC, datetime
from typing import Any

import redis
from redis.client import Pipeline

from familiar.services.inference.stream.sightings import LEFT_SECONDS, leave, not_after
from familiar.services.inference.stream.view_store import find_view, keep_view, viewed_cameras
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import MalformedEntry
from familiar.shared.contract.messages import Face
from familiar.shared.redis.connection import keep_going
from familiar.shared.redis.foreign_values import removing_foreign_values
from familiar.shared.redis.stream import parse_entry

_LOOK_EVERY_SECONDS = 0.5


def watch_departures(client: redis.Redis, stopped: threading.Event) -> None:
    """Publish departures until stopped; any number of replicas may do so, as each departure is published once."""

    @removing_foreign_values(client, redis_names.INFERENCE)
    def look() -> None:
        say_who_left(client, datetime.now(UTC))
        stopped.wait(_LOOK_EVERY_SECONDS)

    # Faces that queued up before this start are answered first: who stayed in view has not left.
    stopped.wait(LEFT_SECONDS)
    keep_going(look, stopped.is_set)


def say_who_left(client: redis.Redis, now: datetime) -> None:
    """Publish who has left, for every camera with something in view.

    Nobody has left while faces wait that may be theirs, so time has only come as far as the oldest unanswered face.
    """
    try:
        as_of = min(now, _oldest_waiting(client) or now)
    except MalformedEntry:
        # It is about to be dead-lettered; until then the age of those behind it is unknown.
        return
    for camera in viewed_cameras(client):
        _look_at(client, camera, as_of, now)


def _look_at(client: redis.Redis, camera: str, as_of: datetime, now: datetime) -> None:
    def commit(pipeline: Pipeline) -> None:
        before = find_view(pipeline, camera)
        seen = leave(not_after(before, now), as_of)
        pipeline.multi()
        if seen.view != before:
            keep_view(pipeline, seen)

    client.transaction(commit, redis_names.view(camera))


def _oldest_waiting(client: redis.Redis) -> datetime | None:
    entries: Any = client.xrange(redis_names.FACES, count=1)
    return parse_entry(entries[0][1], Face)[0].captured_at if entries else None

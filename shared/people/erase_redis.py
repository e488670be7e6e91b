"""Deleting somebody from Redis: pictures and names in streams, kept faces, tracks, enrolments and failed jobs."""

from typing import Any, NamedTuple

import redis

from familiar.shared.contract import redis_names
from familiar.shared.people.mentions import Mentions
from familiar.shared.redis.enrolments import erase_enrolments
from familiar.shared.redis.kept_faces import delete_kept_faces
from familiar.shared.redis.training_queue import delete_ended_trainings
from familiar.shared.stores.samples import SampleStore


class ErasedFromRedis(NamedTuple):
    """Numbers of what was deleted."""

    kept_faces: int
    stream_entries: int
    dead_letters: int
    failed_jobs: int


def erase_from_redis(client: redis.Redis, samples: SampleStore, person: str, mentions: Mentions) -> ErasedFromRedis:
    """Delete what Redis may hold of a person, and return the numbers.

    Streams, kept faces, tracks, previews and views are deleted as a whole, because they cannot be searched for a face:
    it may have been given another name or none. Idempotent.
    """
    # Transactions WATCH this counter, so that answers given with deleted versions are discarded.
    client.incr(redis_names.FORGETTINGS)
    erase_enrolments(client, samples, person)
    faces = delete_kept_faces(client)
    _delete_all(client, redis_names.track("*"), redis_names.view("*"))
    client.delete(redis_names.VIEWS)
    letters = _delete_streams(client, redis_names.dead("*"))
    entries = _delete_streams(client, redis_names.previews("*")) + sum(
        int(client.xtrim(stream, maxlen=0, approximate=False))
        for stream in (
            *(redis_names.FACES, redis_names.PREDICTIONS, redis_names.SIGHTINGS),
            *_keys(client, redis_names.frames("*")),
        )
    )
    return ErasedFromRedis(faces, entries, letters, delete_ended_trainings(client, mentions.are_in))


def _delete_streams(client: redis.Redis, pattern: str) -> int:
    entries = 0
    for stream in _keys(client, pattern):
        entries += int(client.xlen(stream))
        client.delete(stream)
    return entries


def _delete_all(client: redis.Redis, *patterns: str) -> None:
    for pattern in patterns:
        for key in _keys(client, pattern):
            client.delete(key)


def _keys(client: redis.Redis, pattern: str) -> list[Any]:
    """Return the keys of a pattern, also those of cameras that were withdrawn."""
    return list(client.scan_iter(match=pattern))

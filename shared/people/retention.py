"""Retention: deletes what has been kept for as long as the settings say, across all stores and Redis."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import redis
import structlog
from filelock import Timeout

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownPerson, UnknownSample
from familiar.shared.contract.messages import Split
from familiar.shared.people.forget import forget_person
from familiar.shared.redis.enrolments import open_enrolments
from familiar.shared.runtime.files import PARTIAL_PREFIX, remove, stored_at
from familiar.shared.runtime.settings import RetentionSettings
from familiar.shared.stores.expiry import NEVER, expired, last_trainable, latest_expired, retention_lock
from familiar.shared.stores.models import CHECKPOINT, ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore

# Longer than any training or download takes: what is as old was left behind by a process that was killed.
_LEFTOVER_AGE = timedelta(days=1)

_log = structlog.get_logger()


class Expired(NamedTuple):
    """Numbers of what was deleted."""

    people: int = 0
    samples: int = 0
    """Of people who have others left."""
    strangers: int = 0
    model_versions: int = 0
    entries: int = 0
    """Predictions and sightings."""
    leftovers: int = 0
    """Files of processes that were killed while they wrote them."""


def expire(
    client: redis.Redis,
    samples: SampleStore,
    strangers: StrangerStore,
    models: ModelStore,
    settings: RetentionSettings,
    now: datetime,
) -> Expired:
    """Delete what has expired at `now`, and return the numbers; nothing while another process is at it. Idempotent.

    Raises:
        redis.RedisError: Redis is away; the rest is for the next call.
    """
    latest = latest_expired(now, settings.keep_samples_days)
    try:
        with retention_lock(samples.home):
            entries = _expire_history(client, now - timedelta(days=settings.keep_history_days))
            people, deleted = _expire_samples(client, samples, models, latest)
            done = Expired(
                people=people,
                samples=deleted,
                strangers=_expire_strangers(strangers, latest_expired(now, settings.keep_strangers_days)),
                model_versions=len(models.remove_old_versions(settings.keep_versions, latest)),
                entries=entries,
                leftovers=_delete_leftovers(samples.home, models, now - _LEFTOVER_AGE),
            )
    except Timeout:
        return Expired()
    if any(done):
        _log.info("expired", **done._asdict())
    return done


def _expire_history(client: redis.Redis, latest: datetime) -> int:
    oldest_kept = f"{int(latest.timestamp() * 1000)}-0"
    streams = (redis_names.PREDICTIONS, redis_names.SIGHTINGS)
    return sum(int(client.xtrim(stream, minid=oldest_kept, approximate=False)) for stream in streams)


def _expire_samples(client: redis.Redis, samples: SampleStore, models: ModelStore, latest: datetime) -> tuple[int, int]:
    """Delete expired samples, and forget who has too few left to train on; return how many people and samples.

    Who is being enrolled is left alone until that has ended.
    """
    if latest == NEVER:
        return 0, 0
    enrolling = {enrolment.request.person for enrolment in open_enrolments(samples).all()}
    people = deleted = 0
    for person in samples.people():
        taken = {split: samples.taken(person.slug, split) for split in Split}
        due = [name for split in Split for name in expired(taken[split], latest)]
        if not due or person.slug in enrolling:
            continue
        trainable = last_trainable(taken[Split.TRAIN].values())
        if trainable is None or trainable <= latest:
            people += _forget(client, samples, models, person.slug)
        else:
            deleted += sum(_delete(samples, person.slug, name) for name in due)
    return people, deleted


def _forget(client: redis.Redis, samples: SampleStore, models: ModelStore, person: str) -> bool:
    try:
        forget_person(client, samples, models, person)
    except UnknownPerson:
        # Somebody else was faster.
        return False
    return True


def _delete(samples: SampleStore, person: str, sample_id: str) -> bool:
    try:
        samples.delete(person, sample_id)
    except UnknownSample:
        return False
    return True


def _expire_strangers(strangers: StrangerStore, latest: datetime) -> int:
    """Delete expired faces but for fetched ones, which are public, and return their number."""
    return sum(
        strangers.remove(source, face_id)
        for source in (StrangerSource.GIVEN, StrangerSource.MARKED)
        for face_id in expired(strangers.stored(source), latest)
    )


def _delete_leftovers(home: Path, models: ModelStore, latest: datetime) -> int:
    """Delete what killed processes left half-written or half-deleted, and checkpoints of lost trainings."""
    half_deleted = [path for path in models.half_deleted() if stored_at(path.parent) <= latest]
    half_written = [path for path in _unfinished(home) if _is_older(path, latest)]
    deleted = 0
    for path in (*half_deleted, *half_written):
        # Another user's may not be deleted.
        with suppress(OSError):
            remove(path)
            deleted += 1
    return deleted


def _is_older(path: Path, latest: datetime) -> bool:
    try:
        return stored_at(path) <= latest
    except FileNotFoundError:
        # Its writer has ended.
        return False


def _unfinished(home: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            if name.startswith(PARTIAL_PREFIX) or name.endswith(CHECKPOINT):
                yield Path(folder, name)

"""What is due to be deleted, from ages and numbers alone: samples, who has too few of them left, and model versions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock

from familiar.shared.contract.messages import FEWEST_SAMPLES

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class VersionAge:
    """A version as far as its expiry goes: its number, when it was created, and whether it was rejected."""

    version: int
    created_at: datetime
    rejected: bool


def retention_lock(home: Path) -> FileLock:
    """Return the lock of whoever deletes what has expired, and of whoever needs what is there to stay for a while."""
    return FileLock(home / "retention.lock", timeout=0)


def latest_expired(now: datetime, days: int) -> datetime:
    """Return the time up to which everything has expired that is kept for so many days; 0 days are for ever."""
    return now - timedelta(days=days) if days else NEVER


def expired(taken: Mapping[str, datetime], latest: datetime) -> list[str]:
    """Return what was taken at `latest` or before, by id."""
    return [name for name, taken_at in taken.items() if taken_at <= latest]


def last_trainable(taken: Iterable[datetime]) -> datetime | None:
    """Return when the sample was taken with whose expiry too few train samples are left; None with too few already."""
    newest = sorted(taken, reverse=True)
    return newest[FEWEST_SAMPLES - 1] if len(newest) >= FEWEST_SAMPLES else None


def versions_due(
    stored: Collection[VersionAge], current: int | None, pinned: int | None, most: int, latest: datetime
) -> tuple[int, ...]:
    """Return the versions to delete, oldest first: all but the newest `most`, and those created until `latest`.

    Never the pinned one, the current one, or the one to go back to: the newest before the current one that was not
    rejected.
    """
    accepted = [one.version for one in stored if not one.rejected and one.version < (current or 0)]
    needed = {current, pinned, max(accepted, default=None)}
    oldest_first = sorted(stored, key=lambda one: one.version)
    surplus = {one.version for one in oldest_first[: max(0, len(oldest_first) - most)]}
    return tuple(
        one.version
        for one in oldest_first
        if one.version not in needed and (one.version in surplus or one.created_at <= latest)
    )

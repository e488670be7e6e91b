"""The arithmetic of hot reload: which answers came while a version was on its way, and which named a wrong version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.http_connection import OK
from benchmarks.load_process import Records

# A swap reaches so far to either side: what was asked just before it has to wait for it, and so may what comes after.
MARGIN_SECONDS = 0.1

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """A stretch of time, on the monotonic clock."""

    began: float
    ended: float


@dataclass(frozen=True)
class Swap:
    """A version that was published: when that began, and when the store called it current, on the monotonic clock."""

    version: int
    began: float
    published: float


def first_answer(records: Records, version: int) -> float | None:
    """Tell when the first answer with a version came; None where none did."""
    answered = records["finished"][records["version"] == version]
    return float(answered.min()) if len(answered) else None


def during_swaps(records: Records, swaps: Sequence[Swap]) -> Flags:
    """Mark what was asked, `(requests,)`, while a version was on its way.

    That is from the beginning of its publishing to its first answer, or to the end of its publishing where it was
    refused, and `MARGIN_SECONDS` before and after. It is the asking that counts: an answer that takes long, whatever
    it waits for, would nearly always reach into some swap.
    """
    marked = np.zeros(len(records), bool)
    for swap in swaps:
        ended = first_answer(records, swap.version) or swap.published
        marked |= asked_within(records, Interval(swap.began - MARGIN_SECONDS, ended + MARGIN_SECONDS))
    return marked


def asked_within(records: Records, interval: Interval) -> Flags:
    """Mark what was asked, `(requests,)`, within an interval."""
    began = asked(records)
    marked: Flags = (began >= interval.began) & (began <= interval.ended)
    return marked


def asked(records: Records) -> NDArray[np.float64]:
    """Tell when each request was asked, `(requests,)` on the monotonic clock; with a rate, that is when it was due."""
    began: NDArray[np.float64] = records["finished"] - records["seconds"]
    return began


def wrong_versions(records: Records, good: Collection[int]) -> int:
    """Count the answers with a version that was never good, or older than one that the same client had before."""
    answered = records[records["status"] == OK]
    wrong = ~np.isin(answered["version"], list(good))
    for client in np.unique(answered["client"]):
        own = np.flatnonzero(answered["client"] == client)
        own = own[np.argsort(answered["finished"][own], kind="stable")]
        versions = answered["version"][own]
        wrong[own] |= versions < np.maximum.accumulate(versions)
    return int(wrong.sum())


def p99_ms(seconds: NDArray[np.float64]) -> float:
    """Give the 99th percentile in milliseconds.

    Raises:
        ValueError: there are no answers.
    """
    if not len(seconds):
        raise ValueError("No answer came then. Leave more time between the swaps.")
    return float(np.percentile(1000 * seconds, 99))


def milliseconds_to_first_answer(records: Records, swaps: Sequence[Swap]) -> NDArray[np.float64]:
    """Tell how long each version took from being published to its first answer; without one it is left out."""
    answers = ((first_answer(records, swap.version), swap) for swap in swaps)
    return np.array([1000 * (answered - swap.published) for answered, swap in answers if answered is not None])

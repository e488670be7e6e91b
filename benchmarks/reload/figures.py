"""Figures of hot reload: requests during swaps, wrong versions, and the time to a version's first answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.http_connection import OK
from benchmarks.load_process import Records

# A swap is extended by this to both sides: requests just before it and after it may have to wait for it.
MARGIN_SECONDS = 0.1

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """An interval on the monotonic clock."""

    began: float
    ended: float


@dataclass(frozen=True)
class Swap:
    """A published version: the start of its publication and when it became current, on the monotonic clock."""

    version: int
    began: float
    published: float


def first_answer(records: Records, version: int) -> float | None:
    """Return the time of the first answer with a version, or None."""
    answered = records["finished"][records["version"] == version]
    return float(answered.min()) if len(answered) else None


def during_swaps(records: Records, swaps: Sequence[Swap]) -> Flags:
    """Return which requests, `(requests,)`, were due during swaps.

    A swap lasts from the start of its publication to its first answer, or to the end of its publication if it was
    refused, plus `MARGIN_SECONDS` before and after. Only due times count, because a slow response, whatever its cause,
    would nearly always overlap some swap.
    """
    marked = np.zeros(len(records), bool)
    for swap in swaps:
        ended = first_answer(records, swap.version) or swap.published
        marked |= asked_within(records, Interval(swap.began - MARGIN_SECONDS, ended + MARGIN_SECONDS))
    return marked


def asked_within(records: Records, interval: Interval) -> Flags:
    """Return which requests, `(requests,)`, were due within an interval."""
    began = asked(records)
    marked: Flags = (began >= interval.began) & (began <= interval.ended)
    return marked


def asked(records: Records) -> NDArray[np.float64]:
    """Return the times, `(requests,)`, at which requests were due, or sent without a rate, on the monotonic clock."""
    began: NDArray[np.float64] = records["finished"] - records["seconds"]
    return began


def wrong_versions(records: Records, good: Collection[int]) -> int:
    """Count the answers with a version that was never good, or that is older than one the same client saw before."""
    answered = records[records["status"] == OK]
    wrong = ~np.isin(answered["version"], list(good))
    for client in np.unique(answered["client"]):
        own = np.flatnonzero(answered["client"] == client)
        own = own[np.argsort(answered["finished"][own], kind="stable")]
        versions = answered["version"][own]
        wrong[own] |= versions < np.maximum.accumulate(versions)
    return int(wrong.sum())


def p99_ms(seconds: NDArray[np.float64]) -> float:
    """Return the 99th percentile in milliseconds.

    Raises:
        ValueError: there are no answers.
    """
    if not len(seconds):
        raise ValueError("No answer came then. Leave more time between the swaps.")
    return float(np.percentile(1000 * seconds, 99))


def milliseconds_to_first_answer(records: Records, swaps: Sequence[Swap]) -> NDArray[np.float64]:
    """Return the times from publication to first answer of all versions that have one."""
    answers = ((first_answer(records, swap.version), swap) for swap in swaps)
    return np.array([1000 * (answered - swap.published) for answered, swap in answers if answered is not None])

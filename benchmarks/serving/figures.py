"""The arithmetic of serving: what a load's records say of a server, and how two servers compare."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.http_connection import OK
from benchmarks.load_process import Records


@dataclass(frozen=True)
class Figures:
    """How fast answers came: the median and the 99th percentile in milliseconds, and how many a second.

    The milliseconds are None where nobody asked one by one. `failed` counts answers that were none, or not 200.
    """

    p50_ms: float | None
    p99_ms: float | None
    requests_per_second: float
    failed: int


def figures_of(records: Records) -> Figures:
    """Summarise a load without a rate; it lasted from its first request to its last answer.

    Raises:
        ValueError: there are no records.
    """
    if not len(records):
        raise ValueError("No request was answered. Measure for longer.")
    answered = records["status"] == OK
    began = (records["finished"] - records["seconds"]).min()
    p50, p99 = np.percentile(1000 * records["seconds"], (50, 99))
    return Figures(
        p50_ms=float(p50),
        p99_ms=float(p99),
        requests_per_second=float(answered.sum() / (records["finished"].max() - began)),
        failed=int((~answered).sum()),
    )


def over_rounds(rounds: Sequence[Figures]) -> Figures:
    """Take the median of each figure over the rounds, and the sum of failures."""

    def median(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.median(known)) if known else None

    return Figures(
        p50_ms=median([each.p50_ms for each in rounds]),
        p99_ms=median([each.p99_ms for each in rounds]),
        requests_per_second=float(np.median([each.requests_per_second for each in rounds])),
        failed=sum(each.failed for each in rounds),
    )


def ratios(ours: Figures, others: Figures) -> dict[str, float | None]:
    """Divide each of our figures by the other's: of milliseconds less is better, of requests a second more."""
    names = ("p50_ms", "p99_ms", "requests_per_second")
    return {name: _ratio(getattr(ours, name), getattr(others, name)) for name in names}


def as_json(figures: Mapping[str, Figures], ours: str) -> dict[str, object]:
    """Put the figures of servers together, rounded, with the ratios of one of them to each of the others."""
    return {
        **{server: {name: _rounded(value) for name, value in asdict(own).items()} for server, own in figures.items()},
        "ratios": {server: ratios(figures[ours], own) for server, own in figures.items() if server != ours},
    }


def _ratio(ours: float | None, others: float | None) -> float | None:
    return None if ours is None or others is None else round(ours / others, 3)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)

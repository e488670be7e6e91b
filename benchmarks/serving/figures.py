"""Figures of serving: latency percentiles and throughput from a load's records, and ratios between servers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.http_connection import OK
from benchmarks.load_process import Records


@dataclass(frozen=True)
class Figures:
    """The latency and throughput of a server.

    Latencies are None where there were no separate requests. `failed` counts broken connections and responses other
    than 200.
    """

    p50_ms: float | None
    p99_ms: float | None
    requests_per_second: float
    failed: int


def figures_of(records: Records) -> Figures:
    """Summarise a closed-loop load, which lasted from its first request to its last response.

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
    """Return the median of each figure over the rounds, and the sum of failures."""

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
    """Divide each of our figures by the other's: less is better for milliseconds, more for requests per second."""
    names = ("p50_ms", "p99_ms", "requests_per_second")
    return {name: _ratio(getattr(ours, name), getattr(others, name)) for name in names}


def as_json(figures: Mapping[str, Figures], ours: str) -> dict[str, object]:
    """Return the rounded figures of all servers, with the ratios of one of them to each of the others."""
    return {
        **{server: {name: _rounded(value) for name, value in asdict(own).items()} for server, own in figures.items()},
        "ratios": {server: ratios(figures[ours], own) for server, own in figures.items() if server != ours},
    }


def _ratio(ours: float | None, others: float | None) -> float | None:
    return None if ours is None or others is None else round(ours / others, 3)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)

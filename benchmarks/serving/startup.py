"""Start-up time of the inference process, and its memory after start-up and in a soak test."""

import time
from dataclasses import dataclass

import numpy as np
import psutil

from benchmarks.http_connection import OK
from benchmarks.load_process import LoadProcess
from benchmarks.serving.servers import FAMILIAR, Bench, Site, serving

SOAK_CLIENTS = 16
# Growth is measured from after this share of the requests, when one-time allocations are done.
SETTLED_SHARE = 0.1

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Start:
    """The time from process start to the first response, and the resident memory then."""

    first_answer_seconds: float
    resident_megabytes: float


@dataclass(frozen=True)
class Soak:
    """The result of a soak test; memory growth is in percent, from 10 % of the requests to the end."""

    requests: int
    failed: int
    resident_megabytes: float
    resident_growth_percent: float


def time_starts(bench: Bench, starts: int) -> Start:
    """Start inference repeatedly, each time until it has named a crop, and return the medians.

    Raises:
        ServiceFailed: it does not come up.
    """
    seconds, megabytes = [], []
    for _ in range(starts):
        started = time.monotonic()
        with serving(FAMILIAR, "crop", bench) as site:
            seconds.append(time.monotonic() - started)
            megabytes.append(resident_megabytes(site))
    return Start(float(np.median(seconds)), float(np.median(megabytes)))


def soak(bench: Bench, requests: int) -> Soak:
    """Run a soak test of so many crops."""
    settled = max(1, round(requests * SETTLED_SHARE))
    failed, resident = 0, []
    with serving(FAMILIAR, "crop", bench) as site:
        for count in (settled, requests - settled):
            with LoadProcess(site.port, site.requests, SOAK_CLIENTS, requests=count) as load:
                failed += int((load.wait()["status"] != OK).sum())
            resident.append(resident_megabytes(site))
    return Soak(requests, failed, resident[1], 100 * (resident[1] / resident[0] - 1))


def resident_megabytes(site: Site) -> float:
    """Return the resident memory of a server's process."""
    return float(psutil.Process(site.process.pid).memory_info().rss) / _MEGABYTE

"""What becomes of inference's process over its life: how soon it answers, and what memory it takes and keeps."""

import time
from dataclasses import dataclass

import numpy as np
import psutil

from benchmarks.http_connection import OK
from benchmarks.load_process import LoadProcess
from benchmarks.serving.servers import FAMILIAR, Bench, Site, serving

SOAK_CLIENTS = 16
# Memory is compared with what it is after this share of the requests: what is taken once is taken then.
SETTLED_SHARE = 0.1

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Start:
    """From the start of the process to its first answer, and the memory it has then."""

    first_answer_seconds: float
    resident_megabytes: float


@dataclass(frozen=True)
class Soak:
    """A long run: how many answers failed, and how much memory it took from 10 % of the requests on, in percent."""

    requests: int
    failed: int
    resident_megabytes: float
    resident_growth_percent: float


def time_starts(bench: Bench, starts: int) -> Start:
    """Start inference again and again, each time until it has named a crop; the medians of all starts.

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
    """Have inference name so many crops."""
    settled = max(1, round(requests * SETTLED_SHARE))
    failed, resident = 0, []
    with serving(FAMILIAR, "crop", bench) as site:
        for count in (settled, requests - settled):
            with LoadProcess(site.port, site.requests, SOAK_CLIENTS, requests=count) as load:
                failed += int((load.wait()["status"] != OK).sum())
            resident.append(resident_megabytes(site))
    return Soak(requests, failed, resident[1], 100 * (resident[1] / resident[0] - 1))


def resident_megabytes(site: Site) -> float:
    """Tell how much memory a server's process holds now."""
    return float(psutil.Process(site.process.pid).memory_info().rss) / _MEGABYTE

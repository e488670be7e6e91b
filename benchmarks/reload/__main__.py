"""Benchmark of hot reload: many swaps of versions, some of them damaged, under an open-loop load of crops.

python -m benchmarks.reload [--people DIR] [--weights FILE]

Inference runs as in production, with a Redis. Versions are published as by the trainer, the same files each time under
a new number; every tenth is damaged, in varying ways, and once a publisher is killed halfway. Swaps come in rounds of
ten. The capacity is measured before each round, because the speed of a shared machine varies; in the round, requests
arrive at a fixed share of it. An answer is wrong if its version was never a good one, or is older than one that the
same client saw before. Latency counts from a request's due time. A swap lasts from the start of its publication to its
first answer, plus a tenth of a second before and after; `p99_ratio` is the 99th percentile of requests in swaps divided
by that of the others.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.http_connection import OK
from benchmarks.load_process import LoadProcess, Records, load_for
from benchmarks.pictures import read_pictures
from benchmarks.processes import own_redis
from benchmarks.progress import tell
from benchmarks.reload.figures import (
    MARGIN_SECONDS,
    Interval,
    asked_within,
    during_swaps,
    milliseconds_to_first_answer,
    p99_ms,
    wrong_versions,
)
from benchmarks.reload.publishing import Publisher, kill_while_publishing
from benchmarks.reload.swapping import Swaps, refusals, swap_versions
from benchmarks.serving.figures import figures_of
from benchmarks.serving.servers import FAMILIAR, Bench, Site, serving
from benchmarks.trained_version import publish_trained
from familiar.services.trainer.settings import NICENESS
from familiar.shared.contract.errors import FamiliarError
from familiar.shared.redis.connection import open_redis

CLIENTS = 16
CAPACITY_SECONDS = 3.0
SWAPS_A_ROUND = 10


@dataclass(frozen=True)
class Round:
    """Some swaps under one load: the capacity before, in requests per second, the published versions, the answers."""

    capacity: float
    swaps: Swaps
    records: Records

    def counted(self) -> tuple[Records, Records]:
        """Return the records of requests in swaps, and those of the others.

        Requests before the first swap and after the last one are excluded: the load is starting, or the publisher to be
        killed.
        """
        swapping = during_swaps(self.records, self.swaps.every)
        counted = asked_within(self.records, Interval(self.swaps.every[0].began - MARGIN_SECONDS, self.swaps.ended))
        return self.records[counted & swapping], self.records[counted & ~swapping]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train a version, publish it repeatedly under load, and print a table and a line of JSON."""
    options = _parse(arguments)
    try:
        with TemporaryDirectory() as folder, own_redis(Path(folder) / "redis") as redis_url:
            home = Path(folder)
            pictures = read_pictures(options.people, options.pictures, options.faces)
            version = publish_trained(home, pictures.people, options.weights, options.epochs)
            bench = Bench(home, version, redis_url, pictures)
            with serving(FAMILIAR, "crop", bench) as site:
                figures = _measure(bench, site, options)
    except FamiliarError as error:
        tell(error.detail)
        return 1
    table = Table("figure", "")
    for name, value in figures.items():
        table.add_row(name, f"{value}")
    Console().print(table)
    print(json.dumps({"benchmark": "reload", **figures}))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reload", description="Swaps versions under load.")
    parser.add_argument("--people", type=Path, help="a folder with a folder or a clip for each person; drawn without")
    parser.add_argument("--weights", default="random", help="of MobileNet: imagenet, a file, or random")
    parser.add_argument("--faces", type=int, default=8, help="train samples of a person")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=40, help="how many different crops are asked")
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument(
        "--apart", type=float, default=0.7, help="seconds between the beginnings of two swaps, at least"
    )
    parser.add_argument("--share", type=float, default=0.7, help="of the capacity that is asked for")
    return parser.parse_args(arguments)


def _measure(bench: Bench, site: Site, options: argparse.Namespace) -> dict[str, object]:
    first = int(bench.version.name)
    rounds: list[Round] = []
    count = max(1, options.swaps // SWAPS_A_ROUND)
    load_for(CAPACITY_SECONDS, site.port, site.requests, CLIENTS)
    # The trainer is a thread, because niceness is per thread on Linux and inherited by child processes: the load must
    # not have it.
    with (
        open_redis(bench.redis_url) as client,
        ThreadPoolExecutor(1, "trainer", _stand_back_as_a_trainer) as trainer,
    ):
        publisher = Publisher(bench.home, client, first)
        for numbers in np.array_split(range(1, options.swaps + 1), count):
            capacity = figures_of(load_for(CAPACITY_SECONDS, site.port, site.requests, CLIENTS)).requests_per_second
            tell(f"Swaps {numbers[0]} to {numbers[-1]}, at {options.share:.0%} of {capacity:.0f} requests a second")
            with LoadProcess(site.port, site.requests, CLIENTS, rate=options.share * capacity) as load:
                time.sleep(options.apart)
                swaps = trainer.submit(swap_versions, publisher, site, numbers.tolist(), options.apart).result()
                if len(rounds) == count // 2:
                    trainer.submit(kill_while_publishing, bench.home, first).result()
                    time.sleep(options.apart)
                rounds.append(Round(capacity, swaps, load.stop()))
    damaged = [swap.version for each in rounds for swap in each.swaps.damaged]
    refused = refusals(site, damaged)
    figures = _figures(rounds, first)
    return {**figures, "killed_publishers": 1, "damaged": damaged, "corrupt_refused": refused}


def _stand_back_as_a_trainer() -> None:
    # Elsewhere than on Linux, it is measured without.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _figures(rounds: Sequence[Round], first: int) -> dict[str, object]:
    records = np.concatenate([each.records for each in rounds])
    good = [swap for each in rounds for swap in each.swaps.good]
    capacities = [each.capacity for each in rounds]
    parts = [each.counted() for each in rounds]
    swapping, steady = (np.concatenate(part) for part in zip(*parts, strict=True))
    waited = milliseconds_to_first_answer(records, good)
    return {
        "capacity_requests_per_second": round(float(np.median(capacities)), 1),
        "capacity_requests_per_second_by_round": [round(capacity, 1) for capacity in capacities],
        "swaps": sum(len(each.swaps.every) for each in rounds),
        "requests": len(records),
        "failed": int((records["status"] != OK).sum()),
        "wrong_version": wrong_versions(records, [first, *(swap.version for swap in good)]),
        **_compared(swapping, steady),
        "p99_ratio_by_round": [_compared(*each)["p99_ratio"] for each in parts],
        "answered_versions": len(waited),
        "publish_to_first_answer_p50_ms": round(float(np.percentile(waited, 50)), 1),
        "publish_to_first_answer_p95_ms": round(float(np.percentile(waited, 95)), 1),
    }


def _compared(swapping: Records, steady: Records) -> dict[str, object]:
    if not (len(swapping) and len(steady)):
        return {"p99_ratio": None}
    during, rest = p99_ms(swapping["seconds"]), p99_ms(steady["seconds"])
    return {"p99_ms_in_swaps": round(during, 2), "p99_ms_steady": round(rest, 2), "p99_ratio": round(during / rest, 3)}


if __name__ == "__main__":
    sys.exit(main())

"""Hot reload under load: many swaps of versions, some of them damaged, while crops are named at a steady rate.

python -m benchmarks.reload [--people DIR] [--weights FILE]

Inference runs as it is run for real, with a Redis. First its capacity is measured; then requests come at a share of it,
whether or not it keeps up. Meanwhile versions are published as the trainer does, the same files each time under a new
number; every tenth is damaged, each time in another way, and once a publisher is killed in the middle of its work. An
answer is wrong if its version was never a good one, or is older than one that the same connection had before. Seconds
are those from when a request was due. A swap is from the beginning of its publishing to its first answer, and a tenth
of a second before and after; `p99_ratio` is the 99th percentile of what was asked in swaps, divided by that of the
rest. `p99_ratio_by_round` is the same for each round of ten swaps: a moment in which the machine halts, and one is
enough to make the whole run's percentile several times as long, spoils one round, and not the median of them.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
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
from benchmarks.reload_figures import (
    MARGIN_SECONDS,
    Interval,
    asked_within,
    during_swaps,
    milliseconds_to_first_answer,
    p99_ms,
    rounds_of,
    wrong_versions,
)
from benchmarks.served_version import publish_trained
from benchmarks.servers import FAMILIAR, Bench, Site, serving
from benchmarks.serving_figures import figures_of
from benchmarks.swapping import Swaps, refusals, swap_versions
from services.trainer.settings import NICENESS
from shared.errors import FamiliarError

CLIENTS = 16
CAPACITY_SECONDS = 2.0
CAPACITY_STRETCHES = 3
SWAPS_A_ROUND = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Teach a version, publish it again and again under load, and print the table and the line of JSON."""
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
    capacity = _capacity(site)
    rate = options.share * capacity
    tell(f"{capacity:.0f} requests a second at most; {options.swaps} swaps under {rate:.0f}")
    with LoadProcess(site.port, site.requests, CLIENTS, rate=rate) as load:
        # From here on this process is the trainer.
        os.nice(NICENESS)
        time.sleep(options.apart)
        swaps = swap_versions(bench, site, options.swaps, options.apart)
        records = load.stop()
    refused = refusals(site, [swap.version for swap in swaps.damaged])
    first = int(bench.version.name)
    return {
        "capacity_requests_per_second": round(capacity, 1),
        "requests_per_second": round(rate, 1),
        "swaps": len(swaps.good) + len(swaps.damaged),
        "killed_publishers": 1,
        **_figures(records, swaps, first),
        "damaged": [swap.version for swap in swaps.damaged],
        "corrupt_refused": refused,
    }


def _capacity(site: Site) -> float:
    """Tell how many requests a second are answered at most: the median of a few stretches, after one to warm up.

    A machine that is shared is now faster and now slower, and one that was idle a moment ago is slower.
    """
    stretches = [load_for(CAPACITY_SECONDS, site.port, site.requests, CLIENTS) for _ in range(1 + CAPACITY_STRETCHES)]
    return float(np.median([figures_of(records).requests_per_second for records in stretches[1:]]))


def _figures(records: Records, swaps: Swaps, first: int) -> dict[str, object]:
    every = sorted([*swaps.good, *swaps.damaged], key=lambda swap: swap.began)
    swapping = during_swaps(records, every)
    # Starting a program to be killed takes more of the machine than any swap, and is neither.
    counted = ~asked_within(records, swaps.killing)
    # Nor is the start of the load's own program.
    counted &= ~asked_within(records, Interval(0.0, every[0].began - MARGIN_SECONDS))
    seconds = records["seconds"]
    during, steady = p99_ms(seconds[counted & swapping]), p99_ms(seconds[counted & ~swapping])
    rounds = rounds_of(records, every, max(1, len(every) // SWAPS_A_ROUND))
    by_round = [
        p99_ms(seconds[own & counted & swapping]) / p99_ms(seconds[own & counted & ~swapping]) for own in rounds
    ]
    waited = milliseconds_to_first_answer(records, swaps.good)
    return {
        "requests": len(records),
        "failed": int((records["status"] != OK).sum()),
        "wrong_version": wrong_versions(records, [first, *(swap.version for swap in swaps.good)]),
        "p99_ms_in_swaps": round(during, 2),
        "p99_ms_steady": round(steady, 2),
        "p99_ratio": round(during / steady, 3),
        "p99_ratio_by_round": [round(ratio, 2) for ratio in by_round],
        "p99_ratio_of_median_round": round(float(np.median(by_round)), 3),
        "answered_versions": len(waited),
        "publish_to_first_answer_p50_ms": round(float(np.percentile(waited, 50)), 1),
        "publish_to_first_answer_p95_ms": round(float(np.percentile(waited, 95)), 1),
    }


if __name__ == "__main__":
    sys.exit(main())

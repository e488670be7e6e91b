"""Benchmark of overload: 200 slow clients, 1,000 idle connections, 500 streams and a burst of 10,000 requests.

python -m benchmarks.overload

Inference runs as in production, with a Redis. Beside the attackers, who open a connection again whenever they are cut
off, two honest clients are measured: one asks for /healthz ten times a second, each time on a new connection, one sends
a crop five times a second. The times are: calm before, all connections held, the burst on top of them, and calm
afterwards. Memory is the resident memory of inference, in calm and at its highest. Everything is drawn or random.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.load import READY
from benchmarks.load_process import load_for
from benchmarks.overload.honest import Honest
from benchmarks.pictures import read_pictures
from benchmarks.processes import own_redis
from benchmarks.progress import tell
from benchmarks.serving.servers import FAMILIAR, Bench, Site, serving
from benchmarks.trained_version import publish_trained
from familiar.shared.contract.errors import FamiliarError, ServiceFailed

_ATTACK = (sys.executable, "-m", "benchmarks.overload.attack")
_WARM_UP_SECONDS = 10.0
_WARM_UP_CLIENTS = 16


class _Memory:
    """The resident memory of a process, in MB, sampled ten times a second."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self._stopped = threading.Event()
        self.highest = 0.0

    def now(self) -> float:
        """Return it."""
        resident: int = self._process.memory_info().rss
        return round(resident / 1e6, 1)

    @contextmanager
    def sampled(self) -> Iterator[None]:
        """Note the highest while the `with` block lasts."""
        thread = threading.Thread(target=self._sample)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def _sample(self) -> None:
        while not self._stopped.wait(0.1):
            self.highest = max(self.highest, self.now())


def main(arguments: Sequence[str] | None = None) -> int:
    """Overload inference, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description="Asks inference for too much.")
    for kind, count in (("--slow", 200), ("--idle", 1000), ("--streams", 500), ("--burst", 10_000)):
        parser.add_argument(kind, type=int, default=count)
    parser.add_argument("--calm", type=float, default=10.0, help="seconds before and after")
    parser.add_argument("--held", type=float, default=100.0, help="seconds with all connections before the burst")
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as folder, own_redis(Path(folder) / "redis") as redis_url:
            pictures = read_pictures(None, count=40, faces=8)
            version = publish_trained(Path(folder), pictures.people, "random", epochs=1)
            with serving(FAMILIAR, "crop", Bench(Path(folder), version, redis_url, pictures)) as site:
                figures = _measure(Path(folder), site, options)
    except FamiliarError as error:
        tell(error.detail)
        return 1
    table = Table("figure", "")
    for name, value in figures.items():
        table.add_row(name, f"{value}")
    Console().print(table)
    print(json.dumps({"benchmark": "overload", **figures}))
    return 0


def _measure(home: Path, site: Site, options: argparse.Namespace) -> dict[str, object]:
    load_for(_WARM_UP_SECONDS, site.port, site.requests, _WARM_UP_CLIENTS)
    memory = _Memory(site.process.pid)
    before = memory.now()
    with memory.sampled(), Honest(site.port, list(site.requests)) as honest:
        times = [time.monotonic()]
        time.sleep(options.calm)
        times.append(time.monotonic())
        with _holding(home, site, options) as held:
            tell(f"{options.slow + options.idle + options.streams} connections are held")
            time.sleep(options.held)
            times.append(time.monotonic())
            tell(f"{options.burst} requests are sent at once")
            burst = _burst(site, options.burst)
            times.append(time.monotonic())
        time.sleep(options.calm)
        after = memory.now()
        times.append(time.monotonic())
    parts = zip(("before", "held", "burst", "after"), times, times[1:], strict=False)
    return {
        **{part: honest.figures(began, ended) for part, began, ended in parts},
        "burst_answers": burst,
        "held_connections": json.loads(held[0]),
        "memory_mb": {"before": before, "highest": memory.highest, "after": after},
        "memory_ratio": round(after / before, 3),
    }


@contextmanager
def _holding(home: Path, site: Site, options: argparse.Namespace) -> Iterator[list[str]]:
    """Hold connections for the duration of the `with` block; afterwards the list has what is known of them."""
    token = home / "attackers-token"
    token.write_text(site.token or "")
    counts = [f"--{kind}={getattr(options, kind)}" for kind in ("slow", "idle", "streams")]
    command = [*_ATTACK, "hold", "--port", str(site.port), "--token-file", str(token), *counts]
    said: list[str] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as attack:
        if attack.stdout is None or attack.stdout.readline() != READY:
            raise ServiceFailed("The attackers cannot connect.")
        try:
            yield said
        finally:
            said.append(attack.communicate()[0].decode())


def _burst(site: Site, count: int) -> dict[str, object]:
    command = [*_ATTACK, "burst", "--port", str(site.port), "--requests", str(count), str(site.requests[0])]
    burst: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return burst


if __name__ == "__main__":
    sys.exit(main())

"""The measured servers: Familiar's inference, a naive service, LitServe, and the lower bound without a server."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.load_process import load_for, write_requests
from benchmarks.pictures import Pictures
from benchmarks.processes import Process, inference, running, wait_until_answered
from benchmarks.serving.figures import Figures, figures_of
from familiar.cli.stack.local_stack import free_port
from familiar.shared.access.token_store import TokenStore

FAMILIAR, NAIVE, LITSERVE, FLOOR = SERVERS = ("familiar", "naive", "litserve", "floor")
KINDS = ("crop", "picture")
INFERENCE_PATHS = {"crop": "/v1/predictions?crop=true", "picture": "/v1/predictions"}

_WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Bench:
    """The environment of all servers: a home with one version, a Redis, and the pictures."""

    home: Path
    version: Path
    redis_url: str
    pictures: Pictures

    def jpegs(self, kind: str) -> tuple[bytes, ...]:
        """Return the JPEGs to send."""
        return self.pictures.crops if kind == "crop" else self.pictures.pictures


@dataclass(frozen=True)
class Site:
    """A running server: its port, its process, the files of requests for it, and the token that they send."""

    port: int
    process: Process
    requests: Sequence[Path]
    token: str | None


@contextmanager
def serving(server: str, kind: str, bench: Bench) -> Iterator[Site]:
    """Run a server for the duration of the `with` block, which begins after its first response.

    Raises:
        ServiceFailed: it does not come up.
    """
    port = free_port()
    path = INFERENCE_PATHS[kind] if server == FAMILIAR else {NAIVE: f"/{kind}", LITSERVE: "/predict"}[server]
    # The others let everybody in.
    token = TokenStore(bench.home).owner_secret() if server == FAMILIAR else None
    requests = write_requests(bench.home / "requests", port, path, bench.jpegs(kind), token)
    log = bench.home / f"{server}.log"
    if server == FAMILIAR:
        started = inference(bench.home, bench.redis_url, port, log)
    else:
        own = ["--kind", kind] if server == LITSERVE else []
        module = f"benchmarks.serving.{server}_service"
        started = running([sys.executable, "-m", module, str(bench.version), "--port", str(port), *own], log)
    with started as process:
        wait_until_answered(port, requests[0].read_bytes(), process, log)
        yield Site(port, process, requests, token)


def measure(server: str, kind: str, bench: Bench, seconds: float, clients: Sequence[int]) -> Mapping[int, Figures]:
    """Start a server, and measure it with each number of clients in turn, for so many seconds each.

    Raises:
        ServiceFailed: it does not come up.
    """
    if server == FLOOR:
        return {count: _measure_floor(kind, bench, seconds, count) for count in clients}
    with serving(server, kind, bench) as site:
        load_for(_WARM_UP_SECONDS, site.port, site.requests, max(clients))
        return {count: figures_of(load_for(seconds, site.port, site.requests, count)) for count in clients}


def _measure_floor(kind: str, bench: Bench, seconds: float, clients: int) -> Figures:
    """Loop in one thread per client, at most one per core; with more clients than cores there is no latency."""
    threads = min(clients, os.cpu_count() or 1)
    folder = bench.home / "floor"
    folder.mkdir(exist_ok=True)
    files = [folder / f"{number:05}.jpg" for number in range(len(bench.jpegs(kind)))]
    for file, jpeg in zip(files, bench.jpegs(kind), strict=True):
        file.write_bytes(jpeg)
    options = ["--kind", kind, "--threads", str(threads), "--seconds", str(seconds)]
    command = [sys.executable, "-m", "benchmarks.serving.floor", str(bench.version), *options, *map(str, files)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    figures = figures_of(np.load(io.BytesIO(output)))
    return figures if threads == clients else replace(figures, p50_ms=None, p99_ms=None)

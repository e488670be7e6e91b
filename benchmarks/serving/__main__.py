"""Benchmark of serving over HTTP: Familiar's inference and other servers of the same network.

python -m benchmarks.serving [--people DIR] [--weights FILE]

Four candidates process the same crops and the same pictures of 640 by 480 pixels, with the same weights. `familiar` is
the inference process with a Redis, as in production. `naive` is FastAPI, the Haar cascade with the settings of most
examples, and Keras' `model.predict`. `litserve` is a LitServe server with the same LiteRT file. `floor` is a loop
without a server that decodes, detects and infers, in one thread per client, at most one per core. Crops need no
detection. Inference checks a token with every request; the others have no access control. The load is closed-loop,
from clients in a separate process.

The servers take turns in several rounds, started and stopped for each; figures are medians over the rounds. A ratio is
Familiar's figure divided by the other's. Then inference alone: the time from process start to the first response, and
its memory then and in a soak test. Without `--people`, ten drawn people are enrolled; without `--weights`, the network
is random; neither affects the timing.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks.pictures import read_pictures
from benchmarks.processes import own_redis
from benchmarks.progress import tell
from benchmarks.serving.figures import Figures, as_json, over_rounds
from benchmarks.serving.servers import FAMILIAR, KINDS, SERVERS, Bench, measure
from benchmarks.serving.startup import Soak, Start, soak, time_starts
from benchmarks.trained_version import publish_trained
from familiar.shared.contract.errors import FamiliarError

# By kind, by number of clients, by server.
Results = Mapping[str, Mapping[int, Mapping[str, Figures]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train a version, measure all servers, and print a table and a line of JSON."""
    options = _parse(arguments)
    try:
        with TemporaryDirectory() as folder, own_redis(Path(folder) / "redis") as redis_url:
            home = Path(folder)
            pictures = read_pictures(options.people, options.pictures, options.faces)
            version = publish_trained(home, pictures.people, options.weights, options.epochs)
            bench = Bench(home, version, redis_url, pictures)
            results = _measure_all(bench, options)
            tell(f"familiar is started {options.starts} times")
            start = time_starts(bench, options.starts)
            tell(f"familiar answers {options.soak_requests} times")
            sustained = soak(bench, options.soak_requests)
    except FamiliarError as error:
        tell(error.detail)
        return 1
    _print_table(results, start, sustained)
    print(
        json.dumps(
            {
                "benchmark": "serving",
                "people": len(pictures.people),
                "pictures": options.pictures,
                "rounds": options.rounds,
                "seconds": options.seconds,
                **{
                    kind: {str(clients): as_json(figures, FAMILIAR) for clients, figures in by_clients.items()}
                    for kind, by_clients in results.items()
                },
                "start": {name: round(value, 2) for name, value in asdict(start).items()},
                "soak": {name: round(value, 2) for name, value in asdict(sustained).items()},
            }
        )
    )
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description="Times four servers.")
    parser.add_argument("--people", type=Path, help="a folder with a folder or a clip for each person; drawn without")
    parser.add_argument("--weights", default="random", help="of MobileNet: imagenet, a file, or random")
    parser.add_argument("--faces", type=int, default=8, help="train samples of a person")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=40, help="how many different ones are asked")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="of each server, kind and number of clients in a round"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--soak-requests", type=int, default=30_000)
    return parser.parse_args(arguments)


def _measure_all(bench: Bench, options: argparse.Namespace) -> Results:
    rounds: dict[str, dict[int, dict[str, list[Figures]]]] = {
        kind: {clients: {server: [] for server in SERVERS} for clients in options.clients} for kind in KINDS
    }
    for number in range(options.rounds):
        for kind in KINDS:
            for server in SERVERS:
                tell(f"round {number + 1} of {options.rounds}: {server}, {kind}")
                for clients, figures in measure(server, kind, bench, options.seconds, options.clients).items():
                    rounds[kind][clients][server].append(figures)
    return {
        kind: {
            clients: {server: over_rounds(own) for server, own in by_server.items()}
            for clients, by_server in by_clients.items()
        }
        for kind, by_clients in rounds.items()
    }


def _print_table(results: Results, start: Start, sustained: Soak) -> None:
    table = Table("asked", "clients", "server", "p50 ms", "p99 ms", "requests/s", "failed")
    for kind, by_clients in results.items():
        for clients, by_server in by_clients.items():
            for server, own in by_server.items():
                milliseconds = ["-" if value is None else f"{value:.2f}" for value in (own.p50_ms, own.p99_ms)]
                table.add_row(
                    kind, f"{clients}", server, *milliseconds, f"{own.requests_per_second:.1f}", f"{own.failed}"
                )
    Console().print(table)
    print(
        f"Familiar answers {start.first_answer_seconds:.2f} s after its start, with {start.resident_megabytes:.0f} MB. "
        f"{sustained.requests} requests: {sustained.failed} failed, memory grew by "
        f"{sustained.resident_growth_percent:.1f} % to {sustained.resident_megabytes:.0f} MB."
    )


if __name__ == "__main__":
    sys.exit(main())

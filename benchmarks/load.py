"""A load on an HTTP server of this machine, in a process of its own, that costs as little of the machine as it can.

python -m benchmarks.load --port PORT [--clients 16] [--rate PER_SECOND] [--requests N] FILE...

Each file is a request, byte by byte as it is sent; they are sent in turn. Without `--rate` each client sends as soon as
it has its answer. With it, requests are due at even distances, whoever is free sends the next one, and seconds
count from when it was due: a server that stands still is not spared what would have come meanwhile. The load ends with
standard input, or after N requests. On standard output it says `ready` when every client is connected, and
at the end writes a NumPy file of `RECORD`.
"""

import argparse
import itertools
import os
import re
import sys
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.http_connection import Connection

# `finished` is on the monotonic clock, which all processes of a machine share. A status of 0 is a connection that
# broke; a version of 0 is an answer that names none.
RECORD = np.dtype(
    [
        ("client", np.int32),
        ("finished", np.float64),
        ("seconds", np.float64),
        ("status", np.int32),
        ("version", np.int32),
    ]
)
READY = b"ready\n"

_VERSION = re.compile(rb'"model_version": *(\d+)')
_RECONNECT_PAUSE_SECONDS = 0.01


class _Load:
    """What the clients share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._requests = [path.read_bytes() for path in options.files]
        self._turns = itertools.count()
        self._started = time.monotonic()
        self.records: list[tuple[int, float, float, int, int]] = []
        self.stopped = threading.Event()

    def run(self, client: int, connection: Connection) -> None:
        """Send what is due next, until stopped or until all is sent."""
        options, most = self._options, self._options.requests
        for turn in self._turns:
            due = time.monotonic()
            if options.rate:
                due = self._started + turn / options.rate
                self.stopped.wait(max(0.0, due - time.monotonic()))
            if self.stopped.is_set() or (most and turn >= most):
                break
            status, version = 0, 0
            try:
                status, body = connection.ask(self._requests[turn % len(self._requests)])
                named = _VERSION.search(body)
                version = int(named[1]) if named else 0
            except (OSError, ValueError):
                connection.close()
                connection = self._connect_again(connection)
            finished = time.monotonic()
            self.records.append((client, finished, finished - due, status, version))
        connection.close()

    def _connect_again(self, broken: Connection) -> Connection:
        """Connect once more; where nobody listens, the broken one stays, and fails again with the next request."""
        try:
            return Connection(self._options.port)
        except OSError:
            self.stopped.wait(_RECONNECT_PAUSE_SECONDS)
            return broken


def main() -> None:
    """Run the load, and write down every answer."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Puts a load on an HTTP server.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rate", type=float, help="requests a second; as fast as they are answered without")
    parser.add_argument("--requests", type=int, help="how many; until standard input ends without")
    parser.add_argument("files", type=Path, nargs="+", help="requests as they are sent")
    options = parser.parse_args()
    connections = [Connection(options.port) for _ in range(options.clients)]
    load = _Load(options)
    clients = [threading.Thread(target=load.run, args=pair) for pair in enumerate(connections)]
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    for client in clients:
        client.start()

    def stop_with_input() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        load.stopped.set()

    threading.Thread(target=stop_with_input, daemon=True).start()
    for client in clients:
        client.join()
    np.save(sys.stdout.buffer, np.array(load.records, RECORD))


if __name__ == "__main__":
    main()

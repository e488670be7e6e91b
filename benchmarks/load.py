"""A lightweight load generator for an HTTP server on this machine.

python -m benchmarks.load --port PORT [--clients 16] [--rate PER_SECOND] [--requests N] FILE...

Each file is a raw request; they are sent in turn. Without `--rate` the load is closed-loop: each client sends as soon
as it has its response. With it, the load is open-loop: requests are due at a constant rate, the next free client sends,
and latency counts from the due time, which avoids coordinated omission. The load ends with standard input, or after N
requests. It writes `ready` to standard output when all clients are connected, and at the end a NumPy file of `RECORD`.
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

# `finished` is on the monotonic clock, which all processes of a machine share. Status 0 is a broken connection, version
# 0 a response without one.
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
    """The state that the client threads share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._requests = [path.read_bytes() for path in options.files]
        self._turns = itertools.count()
        self._started = time.monotonic()
        self.records: list[tuple[int, float, float, int, int]] = []
        self.stopped = threading.Event()

    def run(self, client: int, connection: Connection) -> None:
        """Send the next due request, until stopped or until all are sent."""
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
        """Reconnect, or return the broken connection, with which the next request fails too."""
        try:
            return Connection(self._options.port)
        except OSError:
            self.stopped.wait(_RECONNECT_PAUSE_SECONDS)
            return broken


def main() -> None:
    """Run the load, and write a record of every response."""
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

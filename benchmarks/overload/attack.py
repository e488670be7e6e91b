"""Clients of an HTTP server on this machine that hold connections, or ask for everything at once.

python -m benchmarks.overload.attack hold --port PORT --token-file FILE [--slow 200] [--idle 1000] [--streams 500]
python -m benchmarks.overload.attack burst --port PORT --requests 10000 FILE

`hold` writes `ready` when all are connected, connects again whoever is cut off, and ends with standard input: its last
line says in JSON how often that was. Of the slow ones, each third sends its headers, each third its body by one byte a
second, and each third reads nothing of what it asked for. `burst` sends a request in so many connections at once, and
writes a line of JSON: how many answers there were by status, and in how many seconds.
"""

import argparse
import asyncio
import itertools
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.http_connection import get_request
from benchmarks.load import READY

_BYTE_EVERY_SECONDS = 1.0
_BURST_SECONDS = 120.0
_STREAM = "/v1/predictions/stream"

Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class _Held:
    """Connections that are opened again whenever they end."""

    def __init__(self, port: int, wanted: int) -> None:
        self._port = port
        self._wanted = wanted
        self._open = 0
        self.all_open = asyncio.Event()
        self.ended = 0

    async def keep(self, client: Client) -> None:
        """Run a client on one connection after another."""
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(_BYTE_EVERY_SECONDS)
                continue
            self._open += 1
            if self._open == self._wanted:
                self.all_open.set()
            try:
                await client(reader, writer)
            except (OSError, EOFError):
                pass
            finally:
                writer.transport.abort()
                self._open -= 1
            self.ended += 1


def _slow_clients(port: int, token: str) -> list[Client]:
    asked = get_request(port, "/v1/people", token)
    body = asked.replace(b"GET /v1/people", b"POST /v1/predictions").replace(
        b"\r\n\r\n", b"\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"
    )
    large = get_request(port, "/v1/models/1/keras", token)

    async def headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _trickle(reader, writer, asked[:-2], b"a: b\r\n")

    async def bodies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _trickle(reader, writer, body, b"x")

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever reads nothing does not see the end of a connection, either; writing does.
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport can
        writer.write(large)
        while not writer.transport.is_closing():
            await asyncio.sleep(_BYTE_EVERY_SECONDS)
            writer.write(b"\r\n")

    return [headers, bodies, deaf]


async def _trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes, again: bytes) -> None:
    """Send something, then a little more each second, until the server ends the connection."""
    writer.write(first)
    end = asyncio.ensure_future(reader.read())
    try:
        while not end.done():
            await asyncio.wait([end], timeout=_BYTE_EVERY_SECONDS)
            writer.write(again)
            await writer.drain()
    finally:
        end.cancel()


async def _read_to_the_end(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(65_536):
        pass


def _stream_client(port: int, token: str) -> Client:
    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(get_request(port, _STREAM, token))
        await _read_to_the_end(reader, writer)

    return stream


async def hold(options: argparse.Namespace) -> None:
    """Hold all connections until standard input ends."""
    token = options.token_file.read_text().strip()
    slow = itertools.cycle(_slow_clients(options.port, token))
    clients = [next(slow) for _ in range(options.slow)]
    clients += [_read_to_the_end] * options.idle + [_stream_client(options.port, token)] * options.streams
    held = _Held(options.port, len(clients))
    tasks = [asyncio.create_task(held.keep(client)) for client in clients]
    await held.all_open.wait()
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    await asyncio.to_thread(_wait_for_the_end_of_input)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps({"connections": len(clients), "ended_by_the_server": held.ended}))


def _wait_for_the_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass


async def burst(options: argparse.Namespace) -> None:
    """Send all requests at once, and write how they were answered."""
    request = options.file.read_bytes()
    began = time.monotonic()
    answers = Counter(await asyncio.gather(*(_status_of(options.port, request) for _ in range(options.requests))))
    print(json.dumps({"seconds": round(time.monotonic() - began, 2), "answers": dict(sorted(answers.items()))}))


async def _status_of(port: int, request: bytes) -> str:
    """Return the status of the answer on a new connection, or the name of the error in place of one."""
    try:
        async with asyncio.timeout(_BURST_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                return (await reader.readline()).decode().split(" ")[1]
            finally:
                writer.transport.abort()
    except (OSError, IndexError) as error:
        return type(error).__name__


def main() -> None:
    """Hold connections, or send a burst."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload.attack", description="Asks for too much.")
    kinds = parser.add_subparsers(required=True)
    holding = kinds.add_parser("hold")
    holding.add_argument("--token-file", type=Path, required=True)
    for kind, count in (("--slow", 200), ("--idle", 1000), ("--streams", 500)):
        holding.add_argument(kind, type=int, default=count)
    holding.set_defaults(run=hold)
    bursting = kinds.add_parser("burst")
    bursting.add_argument("--requests", type=int, default=10_000)
    bursting.add_argument("file", type=Path)
    bursting.set_defaults(run=burst)
    for each in (holding, bursting):
        each.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(options.run(options))


if __name__ == "__main__":
    main()

"""Processes of a benchmark: started, waited for until they answer, and ended with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.http_connection import OK, Connection
from familiar.cli.stack.local_stack import free_port
from familiar.cli.stack.redis_server import redis_command
from familiar.shared.contract.errors import RedisUnavailable, ServiceFailed
from familiar.shared.redis.connection import open_redis, require_redis

START_SECONDS = 120.0

_STOP_SECONDS = 20.0
_SHOWN_OF_A_LOG = 2000

Process = subprocess.Popen[bytes]


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a program for as long as the `with` block lasts; what it says is added to the file `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches this process alone, which then ends the others in order. In sessions of their own, Linux
            # would share the cores out among these, and niceness would mean nothing between them.
            process_group=0,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # LitServe leaves its workers behind.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """Run a Redis for as long as the `with` block lasts, and give its address; it keeps its data in `folder`.

    Raises:
        RedisNotFound: there is no server to start.
        ServiceFailed: it does not come up.
    """
    folder.mkdir(exist_ok=True)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    log = folder / "redis.log"
    with running(redis_command(folder, port), log) as process, open_redis(url) as client:

        def answers() -> bool:
            try:
                require_redis(client)
            except RedisUnavailable:
                return False
            return True

        wait_until(answers, process, log)
        yield url


@contextmanager
def inference(home: Path, redis_url: str, port: int, log: Path) -> Iterator[Process]:
    """Run inference as it is run for real, on a port of this machine, for as long as the `with` block lasts."""
    environment = {
        "FAMILIAR_HOME": str(home),
        "FAMILIAR_HOST": "127.0.0.1",
        "FAMILIAR_PORT": str(port),
        "REDIS_URL": redis_url,
    }
    with running([sys.executable, "-m", "familiar.services.inference"], log, environment) as process:
        yield process


def wait_until_answered(port: int, request: bytes, process: Process, log: Path) -> None:
    """Ask a server again and again until it answers with 200.

    Raises:
        ServiceFailed: it ends, or does not answer within `START_SECONDS`.
    """

    def answers() -> bool:
        try:
            connection = Connection(port)
        except OSError:
            return False
        try:
            return connection.ask(request).status == OK
        except (OSError, ValueError):
            return False
        finally:
            connection.close()

    wait_until(answers, process, log)


def wait_until(true: Callable[[], bool], process: Process, log: Path) -> None:
    """Wait, looking every 5 ms, until something is true of a process that was just started.

    Raises:
        ServiceFailed: it ends, or is not so far within `START_SECONDS`.
    """
    until = time.monotonic() + START_SECONDS
    while not true():
        if process.poll() is not None or time.monotonic() > until:
            end = log.read_text(errors="replace")[-_SHOWN_OF_A_LOG:]
            raise ServiceFailed(f"{process.args!r} did not come up. The end of its log:\n{end}")
        time.sleep(0.005)

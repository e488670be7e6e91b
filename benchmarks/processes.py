"""Child processes of a benchmark, as context managers, and waiting until they are ready."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from benchmarks.http_connection import OK, Connection
from familiar.cli.stack.redis_server import find_redis_server, socket_path
from familiar.shared.contract.errors import RedisUnavailable, ServiceFailed
from familiar.shared.redis.connection import open_redis, require_redis

START_SECONDS = 120.0

_STOP_SECONDS = 20.0
_SHOWN_OF_A_LOG = 2000

Process = subprocess.Popen[bytes]


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a program for the duration of the `with` block, appending its output to the file `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is to reach only this process, which ends the others in order. Not a session of its own: Linux
            # would then divide the cores by session (autogroup), and niceness would have no effect between them.
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
        # LitServe leaves orphaned workers behind.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """Run a Redis for the duration of the `with` block, and yield its address, a socket in `folder`.

    It has no password: nobody else may enter `folder`.

    Raises:
        RedisNotFound: no server is installed.
        ServiceFailed: it does not come up.
    """
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    log = folder / "redis.log"
    with ExitStack() as stack:
        socket = stack.enter_context(socket_path(folder))
        options = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(folder), "save": ""}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = stack.enter_context(running([str(find_redis_server().program), *words], log))
        url = f"unix://{quote(str(socket))}"
        client = stack.enter_context(open_redis(url))

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
    """Run inference as in production, on a port of this machine, for the duration of the `with` block."""
    environment = {
        "FAMILIAR_HOME": str(home),
        "FAMILIAR_HOST": "127.0.0.1",
        "FAMILIAR_PORT": str(port),
        "REDIS_URL": redis_url,
    }
    with running([sys.executable, "-m", "familiar.services.inference"], log, environment) as process:
        yield process


def wait_until_answered(port: int, request: bytes, process: Process, log: Path) -> None:
    """Repeat a request until the server responds with 200.

    Raises:
        ServiceFailed: it exits, or does not respond within `START_SECONDS`.
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
    """Poll every 5 ms until a condition on a newly started process is true.

    Raises:
        ServiceFailed: it exits, or the condition is not true within `START_SECONDS`.
    """
    until = time.monotonic() + START_SECONDS
    while not true():
        if process.poll() is not None or time.monotonic() > until:
            end = log.read_text(errors="replace")[-_SHOWN_OF_A_LOG:]
            raise ServiceFailed(f"{process.args!r} did not come up. The end of its log:\n{end}")
        time.sleep(0.005)

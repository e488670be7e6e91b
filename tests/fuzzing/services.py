"""Services as processes of their own behind a door, with a Redis of theirs: whether they go on, and what they log."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import redis

from benchmarks.processes import Process, running, wait_until
from familiar.cli.stack.local_stack import free_port
from familiar.shared.access.token_store import TokenStore
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.heartbeats import is_alive
from tests.app_client import bearer
from tests.fuzzing.door import Fault, require_no_traceback
from tests.fuzzing.ground import Ground

# What is written into a stream is worked through by then, and every answer has come.
PATIENCE_SECONDS = 20.0
INFERENCE, EXTRACTOR, CAPTURE = "inference", "extractor", "capture"


@dataclass
class Service:
    """A running service, and its log."""

    name: str
    process: Process
    log: Path
    _read: int = field(default=0)

    def require_sound(self) -> None:
        """Require that it runs, and has logged no traceback since the last time.

        Raises:
            Fault: it has ended, or has logged one.
        """
        if self.process.poll() is not None:
            raise Fault(f"{self.name} has ended with {self.process.returncode}: {self.log.read_text()[-3000:]}")
        with self.log.open(errors="replace") as log:
            log.seek(self._read)
            written = log.read()
            self._read = log.tell()
        require_no_traceback(written)


@dataclass(frozen=True)
class Services:
    """Services of one home, a client of their Redis, and one of inference with the owner's token."""

    running: list[Service]
    client: redis.Redis
    http: httpx.Client
    home: Path
    camera_port: int

    @property
    def processes(self) -> list[psutil.Process]:
        """Give their processes, to be measured."""
        return [psutil.Process(service.process.pid) for service in self.running]

    def wait_for(self, true: Callable[[], bool]) -> None:
        """Wait until something is true.

        Raises:
            Fault: it is not, in time.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while not true():
            if time.monotonic() > until:
                raise Fault("services do not go on")
            time.sleep(0.01)

    def require_sound(self) -> None:
        """Require that all of them run, and log no traceback."""
        for service in self.running:
            service.require_sound()


@contextmanager
def services_of(ground: Ground, *names: str) -> Iterator[Services]:
    """Run services with the taught home for as long as the `with` block lasts."""
    home, port, camera_port = ground.home(), free_port(), free_port()
    with ExitStack() as stack:
        url = stack.enter_context(ground.redis())
        client = stack.enter_context(open_redis(url))
        environment = {
            "FAMILIAR_HOME": str(home),
            "REDIS_URL": url,
            "FAMILIAR_PORT": str(port),
            "FAMILIAR_CAMERA_PORT": str(camera_port),
        }
        headers = bearer(TokenStore(home).owner_secret())
        http = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE_SECONDS)
        )
        started = []
        for name in names:
            log = ground.folder / f"{name}.log"
            command = [sys.executable, "-m", f"familiar.services.{name}"]
            process = stack.enter_context(running(command, log, {**os.environ, **environment}))
            wait_until(lambda name=name: _is_up(name, client, http), process, log)  # type: ignore[misc] # of this turn
            started.append(Service(name, process, log))
        yield Services(started, client, http, home, camera_port)


def _is_up(name: str, client: redis.Redis, http: httpx.Client) -> bool:
    if name != INFERENCE:
        return is_alive(client, name)
    try:
        return http.get("/readyz").is_success
    except httpx.TransportError:
        return False

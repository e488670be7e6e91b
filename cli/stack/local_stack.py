"""Local mode: Redis and all services as child processes, restarted when they die, and stopped with this one.

The process manager is supervisord. Its configuration, without secrets, is in `FAMILIAR_HOME/run`, and the services'
logs are in `FAMILIAR_HOME/logs`. Redis listens on a socket that no other user of the machine can reach; its files, and
the address of each of its users, are in `FAMILIAR_HOME/redis`.
"""

import configparser
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx
from filelock import FileLock, Timeout

from familiar.cli.stack.log_files import MOST_BYTES, begin_new_files, delete_old_files, is_begun_before_today
from familiar.cli.stack.redis_server import find_redis_server, socket_path
from familiar.cli.token import login_link
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import AlreadyRunning, FamiliarError, PortTaken, ServiceFailed
from familiar.shared.redis.connection import open_redis, require_redis
from familiar.shared.redis.server_files import write_server_files
from familiar.shared.runtime.private_files import keep_private
from familiar.shared.runtime.redis_address import SERVER, local_address_file, local_folder, read_address
from familiar.shared.runtime.settings import KEEP_LOG_DAYS
from familiar.shared.stores.forgettings import Forgettings

SERVICES = ("capture", "extractor", "trainer", "inference")
START_SECONDS = 60.0

_STOP_SECONDS = 20


@dataclass(frozen=True)
class LocalSettings:
    """The settings of a local stack. Without a `redis_url`, which the environment gives, it starts a Redis of its own.

    `cameras` is in the form of FAMILIAR_CAMERAS, and `keep_log_days` is FAMILIAR_KEEP_LOG_DAYS.
    """

    home: Path
    port: int
    camera_port: int
    redis_url: str | None
    cameras: str
    keep_log_days: int = KEEP_LOG_DAYS

    @property
    def url(self) -> str:
        """The address of inference."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def used_redis_url(self) -> str:
        """The address of the Redis in use; at that of its own, the stack has to be running.

        Raises:
            RedisUnavailable: no stack has run with this home yet.
        """
        return self.redis_url or read_address(local_address_file(self.home, redis_names.CLI))


class LocalStack:
    """A context manager that runs Redis and the services."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self._run = settings.home / "run"
        self._logs = settings.home / "logs"
        keep_private(settings.home)
        self._run.mkdir(exist_ok=True)
        self._logs.mkdir(exist_ok=True)
        self._pidfile = self._run / "supervisord.pid"
        self._lock = FileLock(self._run / "local.lock")
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._tokens = TokenStore(settings.home)
        self._log_day: date | None = None
        self._resources = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start everything, and wait until inference, capture and Redis answer.

        Raises:
            AlreadyRunning: another local stack uses this home.
            PortTaken: a port of inference or capture is in use.
            RedisNotFound: no Redis server is installed.
            RedisUnavailable: the given Redis does not answer.
            ServiceFailed: a service does not come up; its log has the reason.
        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise AlreadyRunning(f"Familiar is already running with {self.settings.home}.") from error
        try:
            self._start()
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, Redis last."""
        self._stop()

    @property
    def supervisor_pid(self) -> int:
        """The process id of the process manager, the parent of the services."""
        if self._supervisor is None:
            raise ServiceFailed("The local stack is not running.")
        return self._supervisor.pid

    @property
    def link(self) -> str:
        """The address with which the owner's browser logs in."""
        return login_link(self.settings.url, self._tokens.owner_secret())

    def alive(self) -> bool:
        """Return whether the process manager is running."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def log_of(self, service: str) -> Path:
        """Return the path of a service's log."""
        return self._logs / f"{service}.log"

    def keep_logs(self, now: datetime) -> None:
        """Begin new logs if a day has begun, and delete those that were kept for long enough; called again and again.

        Not while somebody is being forgotten: names are overwritten in the files one by one.
        """
        if self._log_day == now.date():
            return
        try:
            with Forgettings(self.settings.home).one_at_a_time(timeout_seconds=0):
                if self._log_day is not None or is_begun_before_today(self._logs, now):
                    begin_new_files(self._logs, self.settings.keep_log_days)
                delete_old_files(self._logs, self.settings.keep_log_days, now)
                if self._supervisor is not None:
                    self._supervisor.send_signal(signal.SIGUSR2)
        except Timeout:
            return
        self._log_day = now.date()

    def _start(self) -> None:
        self._require_no_survivor()
        _require_free(self.settings.port, "FAMILIAR_PORT")
        _require_free(self.settings.camera_port, "FAMILIAR_CAMERA_PORT")
        if self.settings.redis_url is not None:
            require_redis(open_redis(self.settings.redis_url))
        self._tokens.require_admin()
        self.keep_logs(datetime.now(UTC))
        configuration = self._run / "supervisord.conf"
        with configuration.open("w") as file:
            self._configuration().write(file)
        environment = {
            **os.environ,
            "FAMILIAR_HOME": str(self.settings.home),
            "FAMILIAR_PORT": str(self.settings.port),
            "FAMILIAR_CAMERA_PORT": str(self.settings.camera_port),
            "FAMILIAR_CAMERAS": self.settings.cameras,
        }
        if self.settings.redis_url is None:
            for setting in ("REDIS_URL", "REDIS_URL_FILE"):
                environment.pop(setting, None)
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is to reach only this process, which stops the others in order.
            start_new_session=True,
        )

    def _require_no_survivor(self) -> None:
        """Check that no process manager has survived a killed parent."""
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            survivor = int(self._pidfile.read_text())
            os.kill(survivor, 0)
            raise AlreadyRunning(f"Familiar still runs with {self.settings.home}. Stop it with `kill {survivor}`.")

    def _configuration(self) -> configparser.RawConfigParser:
        configuration = configparser.RawConfigParser()
        configuration["supervisord"] = {
            "nodaemon": "true",
            "silent": "true",
            "logfile": _escaped(self._logs / "supervisord.log"),
            "pidfile": _escaped(self._pidfile),
            "childlogdir": _escaped(self._logs),
            "logfile_maxbytes": MOST_BYTES,
            "logfile_backups": str(self.settings.keep_log_days - 1),
        }
        if self.settings.redis_url is None:
            configuration["program:redis"] = self._program("redis", self._redis_command(), 1)
        for service in SERVICES:
            command = [sys.executable, "-m", f"familiar.services.{service}"]
            configuration[f"program:{service}"] = self._program(service, command, 2)
        return configuration

    def _redis_command(self) -> list[str]:
        """Write the files of a Redis, and return its command line."""
        server = find_redis_server()
        folder = local_folder(self.settings.home)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        socket = self._resources.enter_context(socket_path(folder / SERVER))
        return server.command(write_server_files(folder, f"unix://{quote(str(socket))}", server.version))

    def _program(self, name: str, command: list[str], priority: int) -> dict[str, str]:
        return {
            "command": _escaped(shlex.join(command)),
            "priority": str(priority),
            "autorestart": "true",
            # Processes that end within `startsecs` are restarted with backoff, others at once.
            "startsecs": "1",
            "startretries": "1000000",
            "stopwaitsecs": "10",
            "redirect_stderr": "true",
            # supervisord expands this value twice.
            "stdout_logfile": _escaped(_escaped(self.log_of(name))),
            "stdout_logfile_maxbytes": MOST_BYTES,
            "stdout_logfile_backups": str(self.settings.keep_log_days - 1),
        }

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if not self.alive():
                raise ServiceFailed(
                    f"The process manager ended at once; {self._logs / 'supervisord.log'} has the reason."
                )
            try:
                httpx.get(f"{self.settings.url}/healthz", trust_env=False).raise_for_status()
                # Any reply will do: capture refuses plain HTTP requests.
                httpx.get(f"http://127.0.0.1:{self.settings.camera_port}/", trust_env=False)
                require_redis(open_redis(self.settings.used_redis_url))
            except (httpx.HTTPError, FamiliarError):
                time.sleep(0.1)
            else:
                return
        raise ServiceFailed(
            f"Inference or capture did not answer within {START_SECONDS:.0f} s; the logs in {self._logs} say why."
        )

    def _stop(self) -> None:
        if self._supervisor is not None:
            self._supervisor.send_signal(signal.SIGTERM)
            try:
                self._supervisor.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()
            self._supervisor = None
        self._resources.close()
        self._lock.release()


def free_port(preferred: int = 0) -> int:
    """Return the preferred port if it is free, or else any free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _escaped(value: object) -> str:
    """Escape a value for supervisord's configuration, which expands %."""
    return str(value).replace("%", "%%")


def _require_free(port: int, setting: str) -> None:
    if free_port(port) != port:
        raise PortTaken(f"Somebody else listens on 127.0.0.1:{port}. Stop that, or set {setting}.")

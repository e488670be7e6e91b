"""The clients that are measured: one asks for health as a container's check does, one to name a crop as a user does."""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from benchmarks.http_connection import OK, Connection, get_request
from benchmarks.load_process import LoadProcess, Records

CROPS_A_SECOND = 5.0
_HEALTH_EVERY_SECONDS = 0.1
_BUSY = 503


class Check(NamedTuple):
    """One request for /healthz on a connection of its own: when it began, how long it took, and the status."""

    began: float
    seconds: float
    status: int


class Honest:
    """Both clients, for the duration of a `with` block."""

    def __init__(self, port: int, requests: list[Path]) -> None:
        """Take the server's port, and files of requests for a crop."""
        self._port = port
        self._load = LoadProcess(port, requests, clients=1, rate=CROPS_A_SECOND)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._check_health)
        self.checks: list[Check] = []
        self.crops: Records = np.empty(0)

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._load.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop asking, and keep what was answered."""
        self._stopped.set()
        self._thread.join()
        if error is None:
            self.crops = self._load.stop()
        self._load.__exit__(kind, error, trace)

    def _check_health(self) -> None:
        request = get_request(self._port, "/healthz")
        while not self._stopped.wait(_HEALTH_EVERY_SECONDS):
            began, status = time.monotonic(), 0
            try:
                connection = Connection(self._port)
                try:
                    status = connection.ask(request).status
                finally:
                    connection.close()
            except (OSError, ValueError):
                pass
            self.checks.append(Check(began, time.monotonic() - began, status))

    def figures(self, began: float, ended: float) -> dict[str, object]:
        """Summarise what was asked in a time, on the monotonic clock."""
        checks = [check for check in self.checks if began <= check.began < ended]
        asked_at = self.crops["finished"] - self.crops["seconds"]
        crops = self.crops[(asked_at >= began) & (asked_at < ended)]
        named = crops[crops["status"] == OK]
        return {
            "health_checks": len(checks),
            "health_failed": sum(check.status != OK for check in checks),
            "health_slowest_ms": round(1000 * max(check.seconds for check in checks)),
            "crops": len(crops),
            "crops_named": len(named),
            "crops_busy": int((crops["status"] == _BUSY).sum()),
            "crop_p50_ms": round(float(np.median(1000 * named["seconds"])), 1) if len(named) else None,
            "crop_slowest_ms": round(float(1000 * named["seconds"].max())) if len(named) else None,
        }

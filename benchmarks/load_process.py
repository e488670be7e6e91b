"""The load generator as a child process of a benchmark."""

import io
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.http_connection import picture_request
from benchmarks.load import READY
from familiar.shared.contract.errors import ServiceFailed

# Of `benchmarks.load.RECORD`, `(requests,)`.
Records = NDArray[Any]


def write_requests(
    folder: Path, port: int, path: str, pictures: Sequence[bytes], token: str | None = None
) -> list[Path]:
    """Write a request for each JPEG into a folder, with a token where one is given, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:05}.http" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        file.write_bytes(picture_request(port, path, picture, token))
    return files


class LoadProcess:
    """A context manager that runs a load generator."""

    def __init__(
        self, port: int, files: Sequence[Path], clients: int, *, rate: float | None = None, requests: int | None = None
    ) -> None:
        """Take the requests' files; `rate` and `requests` are as in `benchmarks.load`."""
        limits = {"--port": port, "--clients": clients, "--rate": rate, "--requests": requests}
        words = [word for name, value in limits.items() if value is not None for word in (name, str(value))]
        self._command = [sys.executable, "-m", "benchmarks.load", *words, *map(str, files)]

    def __enter__(self) -> Self:
        """Start the load, and wait until all clients are connected.

        Raises:
            ServiceFailed: they cannot connect.
        """
        # A session of its own, as real clients have: Linux divides the cores by session (autogroup).
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._output = self._process.stdout or io.BytesIO()
        if self._output.readline() != READY:
            self._process.wait()
            raise ServiceFailed("The clients of the load cannot connect to the server.")
        return self

    def stop(self) -> Records:
        """End the load, and return its records."""
        self._end_input()
        return self.wait()

    def wait(self) -> Records:
        """Wait until all requests are answered, and return the records."""
        records: Records = np.load(io.BytesIO(self._output.read()))
        return records

    def _end_input(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the load, finished or not."""
        self._end_input()
        self._output.close()
        self._process.wait()


def load_for(seconds: float, port: int, files: Sequence[Path], clients: int) -> Records:
    """Run a closed-loop load for so many seconds."""
    with LoadProcess(port, files, clients) as load:
        time.sleep(seconds)
        return load.stop()

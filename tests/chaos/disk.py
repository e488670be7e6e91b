"""A small disk of a run's own, which can be full."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTES = 600
_CHUNK = bytes(64 * 1024)
_REFILL_SECONDS = 0.1


class Disk:
    """A folder with little room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no room for the length of the block; room that others make is filled as well."""
        filled, emptied = threading.Event(), threading.Event()
        filler = threading.Thread(target=self._keep_full, args=(filled, emptied))
        filler.start()
        try:
            filled.wait()
            yield
        finally:
            emptied.set()
            filler.join()
            self._ballast.unlink()

    def _keep_full(self, filled: threading.Event, emptied: threading.Event) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            while True:
                with suppress(OSError):
                    while not emptied.is_set():
                        file.write(_CHUNK)
                filled.set()
                if emptied.wait(_REFILL_SECONDS):
                    return


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount one in `folder`, as root."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    subprocess.run(command, check=True, timeout=10)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)


def missing_for_a_disk() -> str | None:
    """Say what this machine lacks for a small disk, None if nothing."""
    return None if os.geteuid() == 0 else "only root may mount a small disk"

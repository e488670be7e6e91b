"""A wall clock for the processes of a run alone, which can jump: `wall_clock.c`, preloaded."""

import shutil
import struct
import subprocess
from pathlib import Path

COMPILER = "cc"
_SOURCE = Path(__file__).with_name("wall_clock.c")
_NANOSECONDS = 1_000_000_000


class Clock:
    """The wall clock of all processes that are started with `environment`."""

    def __init__(self, folder: Path) -> None:
        """Compile the library into `folder`; the clock shows the true time.

        Raises:
            subprocess.CalledProcessError: the compiler fails.
        """
        self._offset = folder / "clock"
        self._library = folder / "wall_clock.so"
        self.set(0)
        command = [COMPILER, "-shared", "-fPIC", "-O2", "-o", str(self._library), str(_SOURCE)]
        subprocess.run(command, check=True, timeout=60)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process has this clock."""
        return {"LD_PRELOAD": str(self._library), "CHAOS_CLOCK": str(self._offset)}

    def set(self, seconds: int) -> None:
        """Show the true time and so many seconds, in all processes at once."""
        self._offset.touch()
        # In place: it is mapped.
        with self._offset.open("r+b") as file:
            file.write(struct.pack("=q", seconds * _NANOSECONDS))


def missing_for_a_clock() -> str | None:
    """Say what this machine lacks for such a clock, None if nothing."""
    return None if shutil.which(COMPILER) else f"there is no C compiler ({COMPILER})"

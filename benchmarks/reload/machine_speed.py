"""How fast this machine computes from moment to moment.

A core of a shared machine is slower while its neighbours, whom nobody here sees, use the same hardware. Neither the
load nor the time that a hypervisor takes says so. So the same small computation is timed again and again, by its own
thread's time on a core: however busy the machine is with its own work, that stays the same.
"""

import threading
import time
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
Flags = NDArray[np.bool_]

_EVERY_SECONDS = 0.05
# A fifth of a millisecond: long enough to be timed, and too short to be a load.
_TURNS = 4000
# What one in ten does not exceed is what the machine can; who takes so many times as long was held up.
_CAN_PERCENTILE = 10
_SLOW = 1.25
# What was asked so long after a slow moment may still wait for what it left behind, and so long before meets it.
_AFTER_SECONDS = 0.15
_BEFORE_SECONDS = 0.05


class SpeedWatch:
    """Times the computation 20 times a second for as long as the `with` block lasts."""

    def __init__(self) -> None:
        """Prepare."""
        self._samples: list[tuple[float, float]] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._stopped.set()
        self._thread.join()

    def samples(self) -> Samples:
        """Give `(n, 2)`: when each began, on the monotonic clock, and how many seconds of a core it took."""
        return np.array(self._samples, np.float64).reshape(-1, 2)

    def _watch(self) -> None:
        while not self._stopped.wait(_EVERY_SECONDS):
            began, worked = time.monotonic(), time.thread_time()
            total = 0
            for turn in range(_TURNS):
                total += turn * turn
            self._samples.append((began, time.thread_time() - worked))


def slow(samples: Samples) -> Flags:
    """Mark the samples, `(n,)`, that took a quarter longer than this machine can."""
    marked: Flags = samples[:, 1] > _SLOW * np.percentile(samples[:, 1], _CAN_PERCENTILE)
    return marked


def at_full_speed(asked: NDArray[np.float64], samples: Samples) -> Flags:
    """Mark what was asked, `(requests,)` on the monotonic clock, while no sample was slow, nor just before or after."""
    moments = samples[slow(samples), 0]
    met = np.searchsorted(moments, asked + _BEFORE_SECONDS) - np.searchsorted(moments, asked - _AFTER_SECONDS)
    marked: Flags = met == 0
    return marked

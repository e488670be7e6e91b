"""How a version is loaded: at once, or beside others who are not to notice."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# What takes less is no step: together with what follows it holds nobody up.
_LEAST_STEP_SECONDS = 0.0005


class Pace:
    """At once, where nobody is to be spared."""

    def rest(self) -> None:
        """Be called before each step, of a few milliseconds, by the thread that does the work."""

    def compute(self, invoke: Callable[[], None]) -> None:
        """Do a step that is the network's alone, and lets go of Python's lock from its beginning to its end."""
        invoke()


AT_ONCE = Pace()


class BesideOthers(Pace):
    """In steps, with a rest before each; what the network computes is left to a thread that comes after all others.

    For one piece of work, done by one thread.
    """

    def __init__(self, rest_seconds: float, idle_thread: ThreadPoolExecutor) -> None:
        """Rest for so long. `idle_thread` computes where nobody else does."""
        self._rest_seconds = rest_seconds
        self._idle_thread = idle_thread
        self._rested_at = 0.0

    def rest(self) -> None:
        """Rest, unless hardly anything was computed since the last time."""
        if time.thread_time() - self._rested_at >= _LEAST_STEP_SECONDS:
            time.sleep(self._rest_seconds)
            self._rested_at = time.thread_time()

    def compute(self, invoke: Callable[[], None]) -> None:
        """Have the other thread do it, and wait. A rest is due afterwards, though it is not this thread's time."""
        self._idle_thread.submit(invoke).result()
        self._rested_at = float("-inf")

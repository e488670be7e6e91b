"""Tells repetitions: nobody washes older entries out of the audit log by asking for the same again and again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

SECONDS = 600.0


class Repetitions:
    """What was recorded within the last ten minutes, up to a number of different things."""

    def __init__(self, most: int) -> None:
        """Let at most `most` things in ten minutes be first ones."""
        self._most = most
        # The time of each first one, on the monotonic clock, oldest first.
        self._seen: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_first(self, thing: Hashable) -> bool:
        """Return whether to record something: it is not among what was recorded, and that is not too much already."""
        now = time.monotonic()
        with self._lock:
            while self._seen and now - next(iter(self._seen.values())) > SECONDS:
                self._seen.popitem(last=False)
            if thing in self._seen or len(self._seen) >= self._most:
                return False
            self._seen[thing] = now
            return True

"""Limits how often an address may send wrong tokens."""

import time
from collections import OrderedDict

# So many wrong ones at once, and then one in a second.
BURST = 10
_SECONDS_EACH = 1.0
# The addresses that are remembered; of more, those that failed longest ago are forgotten.
_MOST_ADDRESSES = 1000


class FailedAttempts:
    """A leaky bucket for each address: a failure fills it, and it empties by one each second."""

    def __init__(self) -> None:
        # The time at which each bucket will be empty, on the monotonic clock.
        self._empty_at: OrderedDict[str, float] = OrderedDict()

    def full(self, address: str) -> bool:
        """Return whether an address has failed too often to be listened to now."""
        return self._empty_at.get(address, 0.0) - time.monotonic() > (BURST - 1) * _SECONDS_EACH

    def count(self, address: str) -> None:
        """Count a failure."""
        self._empty_at[address] = max(self._empty_at.get(address, 0.0), time.monotonic()) + _SECONDS_EACH
        self._empty_at.move_to_end(address)
        if len(self._empty_at) > _MOST_ADDRESSES:
            self._empty_at.popitem(last=False)

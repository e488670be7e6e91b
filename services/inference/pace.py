"""Working beside others who are not to notice: in steps, with a rest after each."""

import time
from collections.abc import Callable

# What takes less is no step: together with what follows it holds nobody up.
_LEAST_STEP_SECONDS = 0.0005


def in_steps(rest_seconds: float) -> Callable[[], None]:
    """Give a function to be called between the steps of some work, by the thread that does it.

    Called, it rests for `rest_seconds`, unless the thread has hardly computed anything since it last did.
    """
    rested_at = 0.0

    def rest() -> None:
        nonlocal rested_at
        if time.thread_time() - rested_at >= _LEAST_STEP_SECONDS:
            time.sleep(rest_seconds)
            rested_at = time.thread_time()

    return rest


def without_rest() -> None:
    """Go on at once, where nobody is to be spared."""

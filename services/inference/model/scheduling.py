"""How the threads of inference share the cores: who names a picture comes before who loads, asks or answers."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

# A thread that waits for Python's lock asks for it after so long. With Python's own 5 ms the cores stood still for a
# tenth of the time under load, each waiting for the other to let go.
LOCK_ASKED_AFTER_SECONDS = 0.00002

# So much more than the others': enough to come after a picture that is being named, and far less than the trainer's.
_NICENESS = 3


def start_threads(count: int, name: str) -> ThreadPoolExecutor:
    """Start a pool, all threads of which are there when this returns: they keep the priority of who starts them."""
    threads = ThreadPoolExecutor(count, thread_name_prefix=name)
    all_there = threading.Barrier(count)
    list(threads.map(lambda _: all_there.wait(), range(count)))
    return threads


def stand_back() -> None:
    """Give this thread, and those that it starts from now on, a little less of a claim to the cores than the others.

    It is for the event loop: woken by every request and every answer, it then waits for a few milliseconds while both
    cores compute, and takes what has come up in one go, instead of emptying a core's cache each time.
    """
    # Elsewhere than on Linux, niceness is the whole process'.
    if sys.platform == "linux":
        # Where the system does not let it, all is as it would be anyway.
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)


def compute_when_idle() -> None:
    """Let this thread compute only where a core has nothing else to do.

    It is for what computes without Python's lock: whoever is put aside with it holds all others up.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))

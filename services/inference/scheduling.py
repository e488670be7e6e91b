"""How the threads of inference share the cores: each works for a while before another has its turn."""

import os
import sys
from contextlib import suppress

# A thread that waits for Python's lock asks for it after so long. With Python's own 5 ms the cores stood still for a
# tenth of the time under load, each waiting for the other to let go.
LOCK_ASKED_AFTER_SECONDS = 0.00002


def share_cores() -> None:
    """Set how this process, and each thread that it starts from now on, takes turns.

    Under Linux's policy for batches a thread that wakes up takes no core from one that computes: it waits until a core
    is free, or its turn comes, after 3 ms or so. So the event loop answers several at once, while what it needs is in
    the core's cache, and a network is not put aside twice for each request.
    """
    sys.setswitchinterval(LOCK_ASKED_AFTER_SECONDS)
    if sys.platform == "linux":
        # Where a container may not, all is as it would be anyway.
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))

"""The end of a work horse that nobody could stop any more: its worker was killed, and the process manager has ended."""

import os
import threading
import time

_LOOK_SECONDS = 1.0


def end_if_orphaned(worker: int, manager: int) -> None:
    """End this process from now on as soon as neither of two others is there: its parent, and that one's parent.

    A killed worker is no reason to end: the training goes on while the manager starts another worker.
    """

    def look() -> None:
        while os.getppid() == worker or _exists(manager):
            time.sleep(_LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It is another user's, such as the system's first process.
        return True
    return True

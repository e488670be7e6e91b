"""How the threads of inference take turns."""

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from familiar.services.inference.model.scheduling import compute_when_idle, stand_back, start_threads

# A process of its own, as a thread cannot take back what it gave up.
NICENESSES = """
import os, threading
from familiar.services.inference.model.scheduling import stand_back, start_threads

def niceness(_number=None):
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

before = niceness()
threads = start_threads(2, "picture")
stand_back()
print(niceness() > before, [number - before for number in threads.map(niceness, range(8))])
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux has each thread its own niceness")


@linux
def test_who_stands_back_does_it_alone() -> None:
    """Threads that were started before keep their claim."""
    process = subprocess.run([sys.executable, "-c", NICENESSES], check=True, capture_output=True, text=True)
    assert process.stdout == f"True {[0] * 8}\n"


@linux
@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES, errno.ENOSYS])
def test_where_it_is_refused_nothing_else_is(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A container's rules may forbid it."""
    refused: list[int] = []

    def refuse(*_arguments: object) -> None:
        refused.append(number)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "setpriority", refuse)
    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    stand_back()
    compute_when_idle()
    assert refused == [number, number]


@linux
def test_who_computes_when_idle_does_it_alone() -> None:
    """The thread that started it does not."""
    with ThreadPoolExecutor(1, initializer=compute_when_idle) as idle_thread:
        assert idle_thread.submit(os.sched_getscheduler, 0).result() == os.SCHED_IDLE
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_every_thread_of_a_pool_is_there_at_once() -> None:
    """None is started later, by somebody else."""
    with start_threads(3, "picture") as threads:
        assert len(threads._threads) == 3

"""Work in steps, with rests between them, and what is left to a thread that computes when idle."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from familiar.services.inference.model.pace import AT_ONCE, BesideOthers

REST_SECONDS = 0.05
WORK_SECONDS = 0.005


@pytest.fixture
def idle_thread() -> Iterator[ThreadPoolExecutor]:
    """Give another thread."""
    with ThreadPoolExecutor(1, "idle") as threads:
        yield threads


def _work() -> None:
    until = time.thread_time() + WORK_SECONDS
    while time.thread_time() < until:
        pass


def test_work_is_rested_from(idle_thread: ThreadPoolExecutor) -> None:
    """A rest takes its time, and no processor."""
    pace = BesideOthers(REST_SECONDS, idle_thread)
    _work()
    began, worked = time.monotonic(), time.thread_time()

    pace.rest()

    assert time.monotonic() - began >= REST_SECONDS
    assert time.thread_time() - worked < WORK_SECONDS


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give what fills with how long was rested; nobody waits."""
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    return rests


def test_nobody_rests_twice(idle_thread: ThreadPoolExecutor, rests: list[float]) -> None:
    """Between two rests there has to be some work."""
    pace = BesideOthers(REST_SECONDS, idle_thread)
    for _ in range(2):
        _work()
        for _ in range(10):
            pace.rest()
    assert rests == [REST_SECONDS, REST_SECONDS]


def test_what_another_thread_computed_is_rested_from(idle_thread: ThreadPoolExecutor, rests: list[float]) -> None:
    """Once, though this thread hardly did anything."""
    computed_by: list[str] = []
    pace = BesideOthers(REST_SECONDS, idle_thread)
    pace.compute(lambda: computed_by.append(threading.current_thread().name))
    assert computed_by == ["idle_0"]
    pace.rest()
    pace.rest()
    assert rests == [REST_SECONDS]


def test_what_the_other_thread_says_is_heard(idle_thread: ThreadPoolExecutor) -> None:
    """A network that cannot answer is not passed over."""

    def fail() -> None:
        raise RuntimeError("no answer")

    with pytest.raises(RuntimeError, match="no answer"):
        BesideOthers(REST_SECONDS, idle_thread).compute(fail)


def test_where_nobody_is_to_be_spared_nobody_waits(rests: list[float]) -> None:
    """All is done in the thread that asks for it."""
    computed_by: list[threading.Thread] = []
    _work()
    AT_ONCE.rest()
    AT_ONCE.compute(lambda: computed_by.append(threading.current_thread()))
    assert computed_by == [threading.current_thread()]
    assert rests == []

"""Work in steps, with rests between them."""

import time

import pytest

from services.inference.pace import in_steps

REST_SECONDS = 0.05
WORK_SECONDS = 0.005


def _work() -> None:
    until = time.thread_time() + WORK_SECONDS
    while time.thread_time() < until:
        pass


def test_work_is_rested_from() -> None:
    """A rest takes its time, and no processor."""
    rest = in_steps(REST_SECONDS)
    _work()
    began, worked = time.monotonic(), time.thread_time()

    rest()

    assert time.monotonic() - began >= REST_SECONDS
    assert time.thread_time() - worked < WORK_SECONDS


def test_nobody_rests_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two rests there has to be some work."""
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)
    rest = in_steps(REST_SECONDS)
    for _ in range(2):
        _work()
        for _ in range(10):
            rest()
    assert rests == [REST_SECONDS, REST_SECONDS]

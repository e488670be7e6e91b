"""Which entries of the audit log are repetitions."""

import time

import pytest

from familiar.shared.audit.repetitions import SECONDS, Repetitions


def test_the_same_within_ten_minutes_is_a_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else is none, and neither is the same later."""
    seen = Repetitions(most=10)
    assert seen.is_first("zoe")
    assert seen.is_first("karan")
    assert not seen.is_first("zoe")
    later = time.monotonic() + SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert seen.is_first("zoe")
    assert not seen.is_first("zoe")


def test_there_are_not_more_first_ones_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many different ones there are; ten minutes later there are as many again."""
    seen = Repetitions(most=3)
    assert sum(seen.is_first(number) for number in range(1000)) == 3
    later = time.monotonic() + SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert sum(seen.is_first(number) for number in range(1000)) == 3

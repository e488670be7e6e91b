"""What is due to be deleted, by age and by number."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from familiar.shared.stores.expiry import (
    NEVER,
    VersionAge,
    expired,
    last_trainable,
    latest_expired,
    versions_due,
)
from tests.builders import NOON

DAY = timedelta(days=1)


def versions(*numbers: int, rejected: tuple[int, ...] = ()) -> list[VersionAge]:
    """Give versions that were created a day apart."""
    return [VersionAge(number, NOON + number * DAY, rejected=number in rejected) for number in numbers]


def test_what_is_kept_for_some_days_expires_when_they_are_over() -> None:
    """Not a second earlier."""
    taken = {"old": NOON, "new": NOON + timedelta(seconds=1)}
    assert expired(taken, latest_expired(NOON + 30 * DAY - timedelta(seconds=1), 30)) == []
    assert expired(taken, latest_expired(NOON + 30 * DAY, 30)) == ["old"]


def test_zero_days_are_for_ever() -> None:
    """Even what a wrong clock dates to the beginning of time stays."""
    assert latest_expired(NOON, 0) == NEVER
    assert expired({"old": NOON - 100_000 * DAY}, NEVER) == []


def test_somebody_can_be_trained_on_until_the_second_newest_sample_expires() -> None:
    """A training takes two; with fewer, there is nothing to wait for."""
    assert last_trainable([NOON, NOON + 3 * DAY, NOON + DAY]) == NOON + DAY
    assert last_trainable([NOON]) is None
    assert last_trainable([]) is None


def test_the_oldest_versions_go_until_there_are_as_many_as_may_be() -> None:
    """Rejected ones count like others."""
    assert versions_due(versions(1, 2, 3, 4, 5, rejected=(4,)), 5, None, 3, NEVER) == (1, 2)


def test_what_is_served_pinned_or_gone_back_to_stays_however_old_it_is() -> None:
    """Version 3 is the one before the current 6, as 4 and 5 were rejected; version 1 is pinned."""
    stored = versions(1, 2, 3, 4, 5, 6, 7, rejected=(4, 5, 7))
    assert versions_due(stored, 6, 1, 1, NOON + 100 * DAY) == (2, 4, 5, 7)


def test_a_version_goes_with_the_samples_that_it_learned_from() -> None:
    """It shows some of them in its report."""
    assert versions_due(versions(1, 2, 3, 4), 4, None, 10, NOON + 2 * DAY) == (1, 2)


@pytest.mark.parametrize("most", [1, 2, 5])
@given(
    numbers=st.sets(st.integers(1, 30), min_size=1),
    rejected=st.sets(st.integers(1, 30)),
    pinned=st.none() | st.integers(1, 30),
)
def test_what_serves_is_never_due(most: int, numbers: set[int], rejected: set[int], pinned: int | None) -> None:
    """Nor more than is too much."""
    accepted = sorted(numbers - rejected)
    current = accepted[-1] if accepted else None
    due = versions_due(versions(*numbers, rejected=tuple(rejected)), current, pinned, most, NEVER)
    assert not {current, pinned, *accepted[-2:-1]} & set(due)
    assert len(due) <= max(0, len(numbers) - most)
    assert len(numbers) - len(due) <= most + 3

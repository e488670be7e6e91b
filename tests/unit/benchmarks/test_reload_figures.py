"""Which answers of a load came during a swap, and which named a wrong version."""

import numpy as np
import pytest

from benchmarks.load import RECORD
from benchmarks.reload.figures import (
    Swap,
    during_swaps,
    first_answer,
    milliseconds_to_first_answer,
    p99_ms,
    wrong_versions,
)

# Version 1, then 2 from 11.0 on; version 3 never answers.
RECORDS = np.array(
    [
        (0, 10.5, 0.5, 200, 1),
        (1, 10.8, 0.1, 200, 1),
        (0, 11.0, 0.1, 200, 2),
        (1, 11.05, 0.1, 200, 2),
        (0, 13.2, 0.1, 200, 2),
        (1, 14.05, 0.1, 200, 2),
    ],
    RECORD,
)
SWAPS = [Swap(2, 10.75, 10.9), Swap(3, 13.9, 14.0)]


def test_a_swap_reaches_from_its_publishing_to_its_first_answer() -> None:
    """And a little to either side; to its publishing where nobody got it. What was asked long before is none of it."""
    assert during_swaps(RECORDS, SWAPS).tolist() == [False, True, True, True, False, True]


def test_the_first_answer_is_found() -> None:
    """And that there is none."""
    assert first_answer(RECORDS, 2) == 11.0
    assert first_answer(RECORDS, 3) is None
    assert milliseconds_to_first_answer(RECORDS, SWAPS).tolist() == [pytest.approx(100)]


def test_a_client_that_goes_back_is_answered_wrong() -> None:
    """Other clients may still get the older version; failures name none."""
    records = np.array(
        [(0, 1.0, 0, 200, 2), (1, 2.0, 0, 200, 1), (0, 3.0, 0, 0, 0), (0, 4.0, 0, 200, 1), (1, 5.0, 0, 200, 2)], RECORD
    )
    assert wrong_versions(records, [1, 2]) == 1
    assert wrong_versions(records[::-1], [1, 2]) == 1


def test_a_version_that_was_never_good_is_wrong() -> None:
    """Whoever gets it."""
    assert wrong_versions(RECORDS, [1]) == 4
    assert wrong_versions(RECORDS, [1, 2]) == 0


def test_without_answers_there_is_no_percentile() -> None:
    """The sentence says what to do."""
    with pytest.raises(ValueError, match="more time"):
        p99_ms(np.empty(0))

"""The arithmetic of the recognition benchmark."""

import numpy as np
import pytest

from benchmarks.recognition.rates import Count, average_over_tracks, passing_confidence, summarise


def test_a_track_is_ten_faces_and_never_reaches_into_the_next_sequence() -> None:
    """Of 12 faces and 3 faces come tracks of 10, 2 and 3."""
    certain = np.array([[1.0]] * 10 + [[0.5], [0.7]] + [[0.0], [0.0], [0.3]], np.float32)

    averages = average_over_tracks(certain, [12, 3])

    assert averages == pytest.approx(np.array([[1.0], [0.6], [0.1]]))
    assert averages.dtype == np.float32


def test_the_probabilities_of_each_person_are_averaged_apart() -> None:
    """A track's probabilities still sum to one."""
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7]], np.float32)

    assert average_over_tracks(probabilities, [2]) == pytest.approx(np.array([[0.6, 0.4]]))


def test_no_more_than_the_percentage_is_above_the_passing_confidence() -> None:
    """Of 200, one percent is two; of 99, and where many are equally sure, it is nobody."""
    sure = np.linspace(0, 1, 200, dtype=np.float32)

    assert (sure > passing_confidence(sure, 1)).sum() == 2
    assert (sure[:99] > passing_confidence(sure[:99], 1)).sum() == 0
    assert passing_confidence(np.array([1.0] * 3 + [0.5] * 197), 1) == 1.0


def test_a_rate_has_the_mean_and_the_worst_seed_and_the_worst_person() -> None:
    """A seed's share is of all its faces; a person's, of their faces in all seeds."""
    counts = [
        Count(seed=0, person="arjun", hits=9, total=10),
        Count(seed=0, person="karan", hits=30, total=30),
        Count(seed=1, person="arjun", hits=5, total=10),
        Count(seed=1, person="karan", hits=27, total=30),
    ]

    rate = summarise(counts, counts, min)

    assert rate.mean == pytest.approx((39 / 40 + 32 / 40) / 2)
    assert (rate.worst, rate.worst_person, rate.worst_person_share) == (32 / 40, "arjun", 14 / 20)


def test_the_worst_of_what_should_be_rare_is_the_highest() -> None:
    """The worst person may be found by other counts than the mean."""
    named = [Count(seed=0, person="", hits=3, total=10), Count(seed=1, person="", hits=1, total=10)]
    by_name = [Count(seed=0, person="arjun", hits=1, total=10), Count(seed=0, person="karan", hits=2, total=10)]

    rate = summarise(named, by_name, max)

    assert rate.mean == pytest.approx(0.2)
    assert (rate.worst, rate.worst_person, rate.worst_person_share) == (0.3, "karan", 0.2)

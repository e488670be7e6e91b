"""The threshold: between what known faces reach and what strangers reach."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.trainer.threshold import LOWEST_THRESHOLD, WAY_TO_STRANGERS, calibrate_threshold
from services.trainer.training_samples import Labels

NOBODY = np.empty(0, np.float32)


def answers(own: NDArray[np.float64], strangers: NDArray[np.float64]) -> tuple[NDArray[np.float32], Labels]:
    """Give answers to samples of person 0 of two, and to strangers, each with this confidence in person 0."""
    confidences = np.concatenate([own, strangers])
    labels = np.repeat([0, 2], [len(own), len(strangers)])
    return np.column_stack([confidences, (1 - confidences) / 2]).astype(np.float32), labels


def log_odds(probability: float) -> float:
    """Turn a probability into log-odds."""
    return float(np.log(probability / (1 - probability)))


def test_it_lies_between_known_faces_and_strangers_nearer_to_the_known() -> None:
    """Both reach one confidence each, so that it is on the straight line between their log-odds."""
    known, stranger = 0.98, 0.6

    threshold = calibrate_threshold(*answers(np.full(50, known), np.full(50, stranger)), NOBODY)

    way = (log_odds(known) - log_odds(threshold)) / (log_odds(known) - log_odds(stranger))
    assert way == pytest.approx(WAY_TO_STRANGERS, abs=1e-3)
    assert WAY_TO_STRANGERS < 0.5


def test_somebody_left_out_who_is_taken_for_another_raises_it() -> None:
    """The strangers of the background look like nobody; one of the people, left out, looks like another."""
    given = answers(np.full(50, 0.98), np.full(50, 0.1))

    assert calibrate_threshold(*given, np.full(50, 0.9, np.float32)) > calibrate_threshold(*given, NOBODY)


def test_strangers_who_look_like_nobody_do_not_lower_it_below_those_left_out() -> None:
    """The more similar of the two kinds of strangers counts."""
    left_out = np.full(50, 0.8, np.float32)
    with_strangers = calibrate_threshold(*answers(np.full(50, 0.98), np.full(50, 0.01)), left_out)
    without = calibrate_threshold(*answers(np.full(50, 0.98), np.empty(0)), left_out)

    assert with_strangers == pytest.approx(without)


def test_a_few_bad_samples_do_not_lower_it() -> None:
    """Five blurred crops of 1,000 are let go."""
    strangers = np.full(50, 0.6)
    clean = calibrate_threshold(*answers(np.full(1000, 0.9), strangers), NOBODY)
    blurred = calibrate_threshold(*answers(np.array([0.1] * 5 + [0.9] * 995), strangers), NOBODY)

    assert blurred == pytest.approx(clean)


def test_where_strangers_are_as_sure_as_known_faces_it_gives_both_up_alike() -> None:
    """Strangers reach 0.9, the least sure of the known 0.6: it is in the middle of their log-odds."""
    threshold = calibrate_threshold(*answers(np.full(50, 0.6), np.full(50, 0.9)), NOBODY)

    assert log_odds(threshold) == pytest.approx((log_odds(0.6) + log_odds(0.9)) / 2, abs=1e-3)


def test_without_strangers_it_stays_above_one_half() -> None:
    """Nothing tells how sure the network is of a stranger, so a half is taken, and known faces are well above."""
    threshold = calibrate_threshold(*answers(np.linspace(0.8, 0.9, 1000), np.empty(0)), NOBODY)

    assert LOWEST_THRESHOLD < threshold < 0.8


@pytest.mark.parametrize("own", [np.array([0.3, 0.4, 0.6]), np.array([0.01, 0.8])])
def test_a_hesitant_network_still_needs_one_half(own: NDArray[np.float64]) -> None:
    """Below it, somebody else may be as likely; being sure of the wrong person must not raise it either."""
    assert calibrate_threshold(*answers(own, np.empty(0)), NOBODY) == pytest.approx(LOWEST_THRESHOLD)

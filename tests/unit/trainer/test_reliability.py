"""Whether a confidence means what it says."""

import numpy as np
import pytest

from familiar.services.trainer.judge.reliability import BINS, reliability, reliability_of

NOBODY = np.empty((0, 2), np.float32)
KNOWN = np.array([[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]], np.float32)
LABELS = np.array([0, 1, 1], np.int64)


def test_whoever_is_as_often_right_as_sure_is_calibrated() -> None:
    """Of those that are 0.6 sure, three of five are right; of those that are 0 and 1 sure, none and all."""
    confidences = np.array([0.6] * 5 + [0.0, 1.0])
    right = np.array([True, True, True, False, False, False, True])

    assert reliability(confidences, right, np.ones(7)).error == pytest.approx(0)


def test_the_calibration_error_is_the_weighed_gap_of_the_bins() -> None:
    """Within a bin, too sure and not sure enough make up for each other; bins do not."""
    confidences, right = np.array([0.61, 0.65, 0.9]), np.array([False, True, True])

    error = reliability(confidences, right, np.array([1.0, 1.0, 2.0])).error

    assert error == pytest.approx((abs(1 - 1.26) + 2 * 0.1) / 4)


def test_a_confidence_between_two_bins_belongs_to_the_lower() -> None:
    """As in the paper, a bin does not hold its lower end; zero is in the first all the same."""
    confidences = np.array([1 / 15, 0.0])

    error = reliability(confidences, np.array([False, True]), np.ones(2)).error

    assert error == pytest.approx((1 - 1 / 15) / 2)


def test_each_bin_has_its_confidence_its_right_share_and_its_weight() -> None:
    """Empty bins have none of them."""
    found = reliability(np.array([0.61, 0.65, 0.9]), np.array([False, True, True]), np.array([1.0, 1.0, 2.0]))

    assert np.flatnonzero(found.weight).tolist() == [9, 13]
    assert found.weight[[9, 13]] == pytest.approx([0.5, 0.5])
    assert found.confidence[[9, 13]] == pytest.approx([0.63, 0.9])
    assert found.right[[9, 13]] == pytest.approx([0.5, 1.0])
    assert found.confidence.shape == (BINS,)
    assert found.confidence.sum() == pytest.approx(1.53)


def test_strangers_have_half_of_the_weight_however_many_they_are() -> None:
    """None of them is right, so as sure as they are, as much is their error."""
    found = reliability_of(KNOWN, LABELS, np.array([[0.5, 0.1], [0.1, 0.5]], np.float32))

    assert found is not None
    assert found.weight[[7, 11, 13]] == pytest.approx([1 / 2, 1 / 6, 1 / 3])
    assert found.right[[7, 11, 13]] == pytest.approx([0, 1, 1 / 2])
    assert found.error == pytest.approx(0.5 / 2 + 0.2 / 6 + 0.4 / 3)


def test_without_strangers_known_faces_have_all_of_the_weight() -> None:
    """The error is theirs alone."""
    found = reliability_of(KNOWN, LABELS, NOBODY)

    assert found is not None
    assert found.weight.sum() == pytest.approx(1)
    assert found.error == pytest.approx(0.2 / 3 + 0.8 / 3)


def test_without_known_faces_nothing_is_said() -> None:
    """Strangers alone do not tell what a confidence is worth."""
    assert reliability_of(NOBODY, np.empty(0, np.int64), KNOWN) is None


def test_whoever_is_sure_and_always_wrong_has_an_error_of_one() -> None:
    """Not a hair more, which a manifest would refuse."""
    found = reliability(np.ones(49), np.zeros(49, np.bool_), np.full(49, 1 / 49))

    assert found.error == pytest.approx(1)
    assert found.error <= 1

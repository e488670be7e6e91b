"""The figures that are told of a model version."""

import numpy as np
import pytest

from familiar.services.trainer.data.split_samples import Labels
from familiar.services.trainer.judge.evaluate import evaluate, recall_by_person

NOBODY = np.empty((0, 2), np.float32)
PROBABILITIES = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.9, 0.1]], np.float32)
LABELS = np.array([0, 0, 1, 1], np.int64)


def answers(*own: float) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], Labels]:
    """Give answers to samples of person 0, each with this confidence in them, and the labels."""
    return np.array([[share, 1 - share] for share in own], np.float32), np.zeros(len(own), np.int64)


def test_accuracy_asks_for_the_likeliest_and_recall_for_the_name() -> None:
    """Three of four are likeliest right; one of those stays below the threshold; one gets a wrong name."""
    metrics = evaluate(PROBABILITIES, LABELS, NOBODY, threshold=0.7)

    assert metrics.test_samples == 4
    assert metrics.accuracy == pytest.approx(0.75)
    assert metrics.recall == pytest.approx(0.5)
    assert metrics.false_names == pytest.approx(0.25)


def test_a_confidence_on_the_threshold_is_enough() -> None:
    """Only below it a face is unknown."""
    assert evaluate(*answers(0.75), NOBODY, threshold=0.75).recall == 1


def test_a_row_of_the_confusion_is_who_it_is() -> None:
    """Person 1 was taken for person 0 once; nobody took person 0 for person 1."""
    assert evaluate(PROBABILITIES, LABELS, NOBODY, threshold=0.7).confusion == ((2, 0), (1, 1))


def test_without_test_samples_there_are_no_shares() -> None:
    """None is not zero: nothing is known."""
    metrics = evaluate(np.empty((0, 2), np.float32), np.empty(0, np.int64), NOBODY, threshold=0.7)

    assert metrics.test_samples == 0
    assert metrics.accuracy is metrics.recall is metrics.false_names is metrics.calibration_error is None
    assert metrics.confusion == ((0, 0), (0, 0))


def test_each_person_has_their_own_recall() -> None:
    """Half of each person's samples got the name; somebody without samples has no recall."""
    probabilities = np.column_stack([PROBABILITIES, np.zeros(4, np.float32)])

    assert recall_by_person(probabilities, LABELS, threshold=0.7) == (0.5, 0.5, None)


def test_strangers_with_a_name_are_counted_and_none_are_no_share() -> None:
    """Two of three reach the threshold, whoever they are taken for."""
    of_strangers = np.array([[0.7, 0.1], [0.1, 0.9], [0.4, 0.3]], np.float32)

    metrics = evaluate(PROBABILITIES, LABELS, of_strangers, threshold=0.7)

    assert metrics.strangers == 3
    assert metrics.strangers_named == pytest.approx(2 / 3)
    assert evaluate(PROBABILITIES, LABELS, NOBODY, threshold=0.7).strangers_named is None


def test_the_calibration_error_is_of_known_faces_and_strangers() -> None:
    """Half of it each: sure by 0.9, 0.6, 0.8 and wrongly 0.9 of known faces, and by 0.5 of a stranger."""
    metrics = evaluate(PROBABILITIES, LABELS, np.array([[0.5, 0.2]], np.float32), threshold=0.7)

    assert metrics.calibration_error == pytest.approx((2 * abs(1 / 2 - 0.9) + 0.4 + 0.2) / 8 + 0.5 / 2)

"""What answers are worth in the recognition benchmark."""

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.recognition.collect_answers import Answers
from benchmarks.recognition.measures import rates_of
from benchmarks.recognition.rates import Rate

PEOPLE = ("arjun", "karan")


def answers(group: str, person: str, likeliest: Sequence[int], confidences: Sequence[float], seed: int = 0) -> Answers:
    """Give answers to faces, with a threshold of 0.5."""
    places, sure = np.array(likeliest), np.array(confidences, np.float32)
    return Answers(seed, "face", group, person, PEOPLE, places, sure, 0.5)


ARJUN = answers("known", "arjun", [0, 0, 1, 0], [0.9, 0.4, 0.9, 0.8])
KARAN = answers("known", "karan", [1, 1], [0.95, 0.7])
ZOE = answers("same_camera", "zoe", [0, 1], [0.75, 0.1])
STRANGERS = answers("strangers", "", [0, 1, 1, 1], [0.6, 0.7, 0.8, 0.1])
EVERYBODY = [ARJUN, KARAN, ZOE, STRANGERS]


def test_accuracy_counts_the_likeliest_person_and_recall_the_name_that_is_given() -> None:
    """Arjun is once taken for Karan and once not sure enough; Karan never."""
    rates = rates_of(EVERYBODY)

    assert rates["accuracy"] == Rate(5 / 6, 5 / 6, "arjun", 3 / 4)
    assert rates["recall"] == Rate(4 / 6, 4 / 6, "arjun", 2 / 4)
    assert "accuracy_all" not in rates


def test_names_given_to_strangers_are_counted() -> None:
    """Of two people, the worst is whose name is given more often."""
    rates = rates_of(EVERYBODY)

    assert rates["false_name_same_camera"] == Rate(1 / 2, 1 / 2, "zoe", 1 / 2)
    assert rates["false_name_strangers"] == Rate(3 / 4, 3 / 4, "karan", 2 / 4)


def test_recall_at_a_percentage_needs_more_confidence_than_the_same_camera_strangers_have() -> None:
    """One of Zoe's two faces is taken for Arjun with 0.75, and of two faces none may be named."""
    rate = rates_of(EVERYBODY)["recall_at_1_percent"]

    assert rate == Rate(3 / 6, 3 / 6, "arjun", 2 / 4)


def test_one_percent_of_same_camera_strangers_is_of_all_folds_of_a_seed() -> None:
    """Two folds of 50 faces let one face pass, which neither of them would; another seed has its own."""
    folds = [answers("same_camera", name, [0] * 50, [0.99, *[0.3] * 49]) for name in ("zoe", "ben")]
    sure = answers("same_camera", "zoe", [0], [1.0], seed=1)
    arjun = answers("known", "arjun", [0], [0.8], seed=1)

    one_passes = [ARJUN, STRANGERS, folds[0], answers("same_camera", "ben", [0] * 50, [0.3] * 50)]
    assert rates_of(one_passes)["recall_at_1_percent"].mean == 3 / 4
    assert rates_of([ARJUN, STRANGERS, *folds])["recall_at_1_percent"].mean == 0
    assert rates_of([*one_passes, sure, arjun])["recall_at_1_percent"] == Rate(3 / 8, 0.0, "arjun", 3 / 5)


def test_half_of_the_calibration_error_is_of_strangers_however_few() -> None:
    """Known faces that are right and sure have no gap; a stranger's gap is the whole confidence."""
    known = answers("known", "arjun", [0] * 9, [1.0] * 9)
    stranger = answers("same_camera", "zoe", [0], [0.6])

    rate = rates_of([known, stranger, STRANGERS])["calibration_error"]

    assert [rate.mean, rate.worst] == pytest.approx([0.3, 0.3])
    assert (rate.worst_person, rate.worst_person_share) == (None, None)


def test_the_worst_seed_of_the_calibration_error_is_the_highest() -> None:
    """Each seed's is its own."""
    known = [answers("known", "arjun", [0], [1.0], seed) for seed in (0, 1)]
    strangers = [answers("same_camera", "zoe", [0], [sure], seed) for seed, sure in ((0, 0.2), (1, 0.8))]

    rate = rates_of([*known, *strangers, STRANGERS])["calibration_error"]

    assert [rate.mean, rate.worst] == pytest.approx([0.25, 0.4])


def test_accuracy_with_nobody_left_out_is_apart() -> None:
    """It does not add to the other."""
    rates = rates_of([*EVERYBODY, answers("known_all", "arjun", [0, 1], [0.9, 0.9])])

    assert rates["accuracy_all"] == Rate(1 / 2, 1 / 2, "arjun", 1 / 2)
    assert rates["accuracy"].mean == 5 / 6

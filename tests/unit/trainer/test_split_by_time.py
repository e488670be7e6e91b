"""Which samples teach, which judge."""

import numpy as np
import pytest

from familiar.services.trainer.data.split_samples import FEWEST_TO_TEST, Sessions, split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.shared.contract.errors import TooFewPeople, TooFewSamples
from familiar.shared.vision.images import Image

DAYS = {"arjun": 2, "karan": 1}


def crops(first: int, count: int) -> list[Image]:
    """Give model inputs that are told apart by their colour: first, first + 1, and so on."""
    return [np.full((160, 160, 3), first + number, np.uint8) for number in range(count)]


def colours(images: Image) -> list[int]:
    """Name the images by their colours."""
    return [int(colour) for colour in images[:, 0, 0, 0]]


def test_all_that_is_to_be_learned_from_is() -> None:
    """In order of the people, and of each the order that was given."""
    samples = split_by_time({"karan": crops(100, 2), "arjun": crops(0, 20)}, {})

    assert colours(samples.train_images) == [*range(20), 100, 101]


def test_labels_are_places_in_the_sorted_people() -> None:
    """The order of the people does not hang on the order in which they were enrolled."""
    samples = split_by_time({"karan": crops(100, 4), "arjun": crops(0, 3)}, {"karan": crops(200, 2)})

    assert samples.people == ("arjun", "karan")
    assert samples.train_labels.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert samples.test_labels.tolist() == [1, 1]
    assert samples.test_labels.dtype == np.int64


def test_test_samples_stay_test_samples() -> None:
    """Nothing of them is learned from, and the test samples of people who do not learn are left out."""
    samples = split_by_time(
        {"arjun": crops(0, 4), "karan": crops(100, 4)}, {"arjun": crops(50, 2), "zoe": crops(90, 2)}
    )

    assert colours(samples.test_images) == [50, 51]


def test_without_test_samples_the_test_part_is_empty() -> None:
    """It still has the shape of model inputs."""
    samples = split_by_time({"arjun": crops(0, 4), "karan": crops(100, 4)}, {})

    assert samples.test_images.shape == (0, 160, 160, 3)
    assert samples.test_images.dtype == np.uint8


def test_one_person_alone_cannot_be_told_from_anybody() -> None:
    """Training needs two people, or one and strangers."""
    with pytest.raises(TooFewPeople):
        split_by_time({"arjun": crops(0, 4)}, {})


def test_one_person_can_be_told_from_strangers() -> None:
    """Who has only their own face at the door gets a name all the same."""
    strangers = split_strangers(crops(0, 40))

    samples = split_by_time({"arjun": crops(100, 4)}, {}, strangers)

    assert samples.people == ("arjun",)
    assert samples.has_strangers


def test_strangers_alone_are_nobody_to_learn() -> None:
    """Without anybody enrolled there is no name to give."""
    with pytest.raises(TooFewPeople):
        split_by_time({}, {}, split_strangers(crops(0, 40)))


def test_somebody_with_one_sample_is_named_in_the_error() -> None:
    """The sentence says who it is."""
    with pytest.raises(TooFewSamples, match="karan has 1"):
        split_by_time({"arjun": crops(0, 4), "karan": crops(100, 1)}, {})


def test_images_alone_are_one_session_and_one_day() -> None:
    """As of whoever was enrolled once."""
    samples = split_by_time({"arjun": crops(0, 4), "karan": crops(100, 4)}, {"karan": crops(200, 2)})

    assert samples.train_sessions.tolist() == [0] * 8
    assert samples.test_sessions.tolist() == [0, 0]
    assert samples.test_sessions.dtype == np.int64
    assert samples.days.tolist() == [1, 1]
    assert samples.tests_left_out.tolist() == [0, 0]


def test_every_sample_keeps_its_session() -> None:
    """Also where sessions took turns; they are counted for each person."""
    sessions = Sessions({"arjun": [0, 1, 0, 0, 2], "karan": [0, 0]}, {}, DAYS)
    samples = split_by_time({"arjun": crops(0, 5), "karan": crops(100, 2)}, {}, sessions=sessions)

    assert colours(samples.train_images) == [0, 1, 2, 3, 4, 100, 101]
    assert samples.train_sessions.tolist() == [0, 1, 0, 0, 2, 0, 0]
    assert [samples.sessions(label) for label in range(2)] == [3, 1]
    assert samples.days.tolist() == [2, 1]


def test_a_session_that_was_not_learned_from_judges_alone() -> None:
    """For the person who has one; what is left out is counted."""
    tests = {"arjun": [0] * 5 + [1] * FEWEST_TO_TEST, "karan": [0] * 3}
    samples = split_by_time(
        {"arjun": crops(0, 4), "karan": crops(100, 4)},
        {"arjun": crops(10, 5 + FEWEST_TO_TEST), "karan": crops(200, 3)},
        sessions=Sessions({"arjun": [0] * 4, "karan": [0] * 4}, tests, DAYS),
    )

    assert colours(samples.test_images) == [*range(15, 15 + FEWEST_TO_TEST), 200, 201, 202]
    assert samples.test_sessions.tolist() == [1] * FEWEST_TO_TEST + [0] * 3
    assert samples.tests_left_out.tolist() == [5, 0]


def test_a_handful_of_samples_of_another_session_does_not_judge_alone() -> None:
    """One picture more or less would change what is said."""
    few = FEWEST_TO_TEST - 1
    samples = split_by_time(
        {"arjun": crops(0, 4), "karan": crops(100, 4)},
        {"arjun": crops(10, 5 + few)},
        sessions=Sessions({"arjun": [0] * 4, "karan": [0] * 4}, {"arjun": [0] * 5 + [1] * few}, DAYS),
    )

    assert len(samples.test_images) == 5 + few
    assert samples.tests_left_out.tolist() == [0, 0]

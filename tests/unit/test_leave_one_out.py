"""Leaving one out: people who look alike are found before a stranger is."""

import numpy as np
from numpy.typing import NDArray

from services.trainer.leave_one_out import confidences_when_left_out


def inputs_around(middles: NDArray[np.float64], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Give `count` inputs around each middle, and whose they are."""
    noise = np.random.default_rng(1).normal(scale=0.2, size=(len(middles) * count, middles.shape[1]))
    inputs = np.repeat(middles, count, axis=0) + noise
    return (inputs / np.linalg.norm(inputs, axis=1).mean()).astype(np.float32), np.repeat(
        np.arange(len(middles)), count
    )


def middles_of(people: int) -> NDArray[np.float64]:
    """Give middles that have nothing in common."""
    return np.random.default_rng(0).normal(size=(people, 300))


def test_a_look_alike_is_taken_for_another_and_the_rest_are_not() -> None:
    """Persons 0 and 1 differ little; the last class is the background."""
    middles = middles_of(5)
    middles[1] = 0.9 * middles[0] + 0.1 * middles[1]
    inputs, labels = inputs_around(middles, 10)

    confidences = confidences_when_left_out(inputs, labels, people=4).reshape(4, 10)

    assert confidences[:2].min() > 0.9
    assert confidences[2:].max() < 0.9


def test_every_face_of_a_person_has_an_answer_and_strangers_have_none() -> None:
    """They are not of the people who are left out in turn."""
    inputs, labels = inputs_around(middles_of(4), 7)

    confidences = confidences_when_left_out(inputs, labels, people=3)

    assert confidences.shape == (21,)
    assert ((confidences > 0) & (confidences < 1)).all()


def test_two_people_tell_nothing_of_a_third() -> None:
    """With one left out, the other would be the only answer."""
    inputs, labels = inputs_around(middles_of(3), 7)

    assert confidences_when_left_out(inputs, labels, people=2).shape == (0,)

"""The arithmetic of the library face_recognition, as the benchmark has it."""

import numpy as np
import pytest

from benchmarks.recognition.collect_answers import Answers
from benchmarks.recognition.rates import average_over_tracks
from benchmarks.recognition.recipes.face_recognition import (
    TOLERANCE,
    TOLERANCES,
    at_best_tolerance,
    confidence,
    face_in,
    nearest_distances,
)
from familiar.shared.contract.messages import Box
from familiar.shared.vision.images import cut_face


def answers(group: str, person: str, distances: list[float]) -> Answers:
    """Give answers to faces of which Arjun is the nearest, at the default tolerance."""
    nearest = np.zeros(len(distances), np.int64)
    sure = confidence(np.array(distances))
    return Answers(0, "face", group, person, ("arjun",), nearest, sure, confidence(TOLERANCE))


def test_a_face_is_as_far_from_a_person_as_from_their_nearest_sample() -> None:
    """Distances are Euclidean."""
    asked, enrolled = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])

    assert nearest_distances(asked, enrolled).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_a_distance_of_the_tolerance_is_within_it(tolerance: float) -> None:
    """And one that is greater is not."""
    assert confidence(np.array([tolerance]))[0] >= confidence(tolerance)
    assert confidence(np.array([tolerance + 1e-9]))[0] < confidence(tolerance)


def test_a_track_is_as_far_as_its_faces_on_average() -> None:
    """Distances of 0.2 and 0.6 make one of 0.4."""
    averages = average_over_tracks(confidence(np.array([[0.2], [0.6]])), [2])

    assert averages == pytest.approx(np.array([[confidence(0.4)]]))


def test_the_best_tolerance_gains_more_recall_than_it_gives_false_names() -> None:
    """At 0.5 two of three known faces are named and no stranger; at 0.6 all, and both strangers."""
    everybody = [
        answers("known", "arjun", [0.42, 0.48, 0.58]),
        answers("same_camera", "zoe", [0.56, 0.52]),
        answers("strangers", "", [0.9]),
    ]

    known, zoe, _ = at_best_tolerance(everybody)

    assert known.threshold == confidence(0.5)
    assert known.named.tolist() == [True, True, False]
    assert not zoe.named.any()


def test_the_face_in_a_crop_is_the_box_that_it_was_cut_by() -> None:
    """All of the box is white, and nothing of the margin."""
    image = np.zeros((300, 300, 3), np.uint8)
    image[100:200, 80:180] = 255
    crop = cut_face(image, Box(x=80, y=100, width=100, height=100))

    left, top, right, bottom = face_in(len(crop))

    assert crop[top : bottom + 1, left : right + 1].min() == 255
    assert crop.astype(bool).any(axis=2).sum() == (right + 1 - left) * (bottom + 1 - top)

"""Which of a person's faces are learned from in the benchmarks, and which test."""

import pytest

from benchmarks.halves import halve, train_and_test_counts


def test_the_first_half_of_the_clips_is_enrolled() -> None:
    """Whole clips, so that no moment is on both sides; of three, the first two."""
    halves = halve([[1, 2], [3], [4, 5]], [])

    assert halves.enrolled == ([1, 2], [3])
    assert halves.tested == ([4, 5],)


def test_a_single_clip_is_parted_in_the_middle() -> None:
    """Of five faces the first three are enrolled."""
    halves = halve([[1, 2, 3, 4, 5]], [])

    assert halves.enrolled == ([1, 2, 3],)
    assert halves.tested == ([4, 5],)


def test_every_other_picture_is_enrolled() -> None:
    """Pictures lie apart in time already."""
    halves = halve([], [1, 2, 3, 4, 5])

    assert halves.enrolled == ([1, 3, 5],)
    assert halves.tested == ([2, 4],)


def test_clips_and_pictures_of_one_person_are_parted_each_in_their_way() -> None:
    """Their faces stay in sequences of their own."""
    halves = halve([[1, 2]], [3, 4])

    assert halves.enrolled == ([1], [3])
    assert halves.tested == ([2], [4])


def test_clips_without_faces_leave_no_empty_sequence() -> None:
    """Whoever averages over a sequence may rely on it."""
    halves = halve([[1], [], [2], []], [])

    assert halves.enrolled == ([1],)
    assert halves.tested == ([2],)


@pytest.mark.parametrize(
    ("faces", "samples", "counts"),
    [(300, 200, (200, 100)), (299, 200, (199, 100)), (150, 200, (100, 50)), (200, 40, (40, 20)), (0, 200, (0, 0))],
)
def test_two_of_three_faces_train_up_to_the_limit(faces: int, samples: int, counts: tuple[int, int]) -> None:
    """Fewer faces than train and test ask for are parted in the same proportion."""
    assert train_and_test_counts(faces, samples) == counts

"""A face that is followed from frame to frame."""

import pytest

from services.extractor.followed_face import FollowedFace, nested
from shared.detector import Square


def test_a_face_is_expected_where_its_movement_takes_it() -> None:
    """It moved by 6 pixels a frame; two frames later it is 12 further."""
    face = FollowedFace(Square(100, 50, 80)).seen(Square(106, 50, 80), confirmed=False)
    assert face.expected == Square(112, 50, 80)
    assert face.unseen().expected == Square(118, 50, 80)


def test_a_face_that_comes_back_moved_all_the_while() -> None:
    """30 pixels in three frames are ten a frame; old and new movement count half each."""
    face = FollowedFace(Square(100, 50, 80)).seen(Square(100, 50, 80), confirmed=False).unseen().unseen()
    assert face.seen(Square(130, 50, 80), confirmed=False).velocity == (5, 0)


def test_a_face_that_a_thorough_look_finds_was_missed_in_the_frames_before_only() -> None:
    """The quick look of the same frame had failed: 30 pixels since the last but one frame are 15 a frame."""
    face = FollowedFace(Square(100, 50, 80)).unseen().unseen()
    found = face.found_again(Square(130, 50, 80))
    assert found.velocity == (15, 0)
    assert not found.missed
    assert not found.unconfirmed


@pytest.mark.parametrize(("frames", "missed"), [(1, 5), (2, 5), (3, 15)])
def test_a_face_that_was_seen_longer_is_waited_for_longer(frames: int, missed: int) -> None:
    """What was hardly seen may have been none."""
    face = FollowedFace(Square(100, 50, 80))
    for _ in range(frames - 1):
        face = face.seen(Square(100, 50, 80), confirmed=True)
    # Only being missed counts here.
    waiting = FollowedFace(face.square, face.velocity, face.frames, missed=missed)
    assert not waiting.is_gone
    assert waiting.unseen().is_gone


def test_a_face_that_no_thorough_look_confirms_is_given_up() -> None:
    """The quick one takes a place for it that only looks like a face."""
    face = FollowedFace(Square(100, 50, 80))
    looks = []
    while not face.is_gone:
        looks.append(face.is_to_confirm)
        face = face.seen(Square(100, 50, 80), confirmed=False)
    assert looks == [False] * 3 + [True] * 9
    assert not face.seen(Square(100, 50, 80), confirmed=True).is_gone


@pytest.mark.parametrize(
    ("other", "share"),
    [(Square(0, 0, 100), 1), (Square(20, 20, 30), 1), (Square(50, 0, 100), 0.5), (Square(100, 0, 100), 0)],
)
def test_how_much_of_the_smaller_square_lies_in_the_larger(other: Square, share: float) -> None:
    """A box in the middle of a face is that face."""
    assert nested(Square(0, 0, 100), other) == share
    assert nested(other, Square(0, 0, 100)) == share

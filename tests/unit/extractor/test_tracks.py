"""Which faces of consecutive frames are one face that stays in view."""

from datetime import timedelta

import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.tracks import LEAST_OVERLAP, MISSED_SECONDS, MOST_TRACKS, Track, match, overlap
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import HaarDetector
from tests.builders import NOON


def box(x: int, width: int = 100) -> Box:
    """Give a square box at the upper edge."""
    return Box(x=x, y=0, width=width, height=width)


def face(track_id: str, x: int, seconds: float = 0) -> Track:
    """Give a face that was seen there, so long after noon."""
    return Track(track_id, box(x), NOON + timedelta(seconds=seconds))


def ids(tracks: tuple[Track, ...]) -> list[str]:
    """Name tracks."""
    return [track.track_id for track in tracks]


@pytest.mark.parametrize(
    ("other", "share"),
    [
        (box(0), 1.0),
        (box(100), 0.0),
        (box(300), 0.0),
        (box(50), 1 / 3),
        (box(0, 50), 0.25),
        (Box(x=0, y=50, width=100, height=100), 1 / 3),
    ],
)
def test_the_overlap_is_the_intersection_over_the_union(other: Box, share: float) -> None:
    """From nothing in common to the same box; which is the one and which the other makes no difference."""
    assert overlap(box(0), other) == pytest.approx(share)
    assert overlap(other, box(0)) == pytest.approx(share)


def test_the_first_faces_open_their_tracks() -> None:
    """In the order of the frame."""
    faces = [face("f1-0", 0), face("f1-1", 300)]
    assert match((), faces) == tuple(faces)


def test_a_face_that_moves_a_little_goes_on_with_its_track() -> None:
    """It keeps the id, and the track is where it was seen last."""
    tracks = match([face("f1-0", 0)], [face("f2-0", 30, 0.1)])
    assert tracks == (face("f1-0", 30, 0.1),)


def test_a_face_elsewhere_opens_a_track_of_its_own_and_the_missed_one_waits() -> None:
    """The frame's faces come first."""
    assert ids(match([face("f1-0", 0)], [face("f2-0", 300, 0.1)])) == ["f2-0", "f1-0"]


def test_the_least_overlap_decides() -> None:
    """Boxes of 100 pixels that are 53 apart overlap just enough, those 55 apart do not."""
    assert overlap(box(0), box(53)) > LEAST_OVERLAP > overlap(box(0), box(55))
    assert ids(match([face("f1-0", 0)], [face("f2-0", 53)])) == ["f1-0"]
    assert ids(match([face("f1-0", 0)], [face("f2-0", 55)])) == ["f2-0", "f1-0"]


def test_the_largest_overlap_is_served_first() -> None:
    """Two people who step aside together keep their tracks, although each also overlaps the other's."""
    tracks = match([face("left", 0), face("right", 60)], [face("f2-0", 65, 0.1), face("f2-1", 20, 0.1)])
    assert ids(tracks) == ["right", "left"]


def test_a_track_is_taken_by_one_face_only() -> None:
    """A second box around the same face is another track."""
    assert ids(match([face("f1-0", 0)], [face("f2-0", 10), face("f2-1", 0)])) == ["f2-0", "f1-0"]


@pytest.mark.parametrize(("seconds", "expected"), [(MISSED_SECONDS, ["f1-0"]), (MISSED_SECONDS + 0.001, ["f9-0"])])
def test_a_track_outlives_a_face_that_is_missed_for_a_second(seconds: float, expected: list[str]) -> None:
    """And no longer: frames in between had no face, or faces elsewhere."""
    tracks = match([face("f1-0", 0)], [])
    assert ids(match(tracks, [face("f9-0", 0, seconds)])) == expected


def test_a_track_ends_where_the_clock_was_set_back() -> None:
    """Otherwise it would wait for an hour to pass again."""
    assert ids(match([face("f1-0", 0)], [face("f2-0", 0, -3600)])) == ["f2-0"]


def test_the_same_frame_twice_gives_the_same_tracks() -> None:
    """Whether its faces opened tracks or went on with some, and with an older frame than the last one, too."""
    first, second = [face("f1-0", 0), face("f1-1", 80)], [face("f2-0", 90, 0.1), face("f2-1", 10, 0.1)]
    once = match((), first)
    assert match(once, first) == once
    twice = match(once, second)
    assert match(twice, second) == twice
    assert ids(match(twice, first)) == ["f1-0", "f1-1"]


def test_no_more_tracks_are_remembered_than_fit_into_a_picture() -> None:
    """The oldest are forgotten first; the faces of one frame all have theirs."""
    tracks: tuple[Track, ...] = ()
    for number in range(MOST_TRACKS + 10):
        tracks = match(tracks, [face(f"f{number}-0", 200 * number)])
    assert len(tracks) == MOST_TRACKS
    assert tracks[0].track_id == f"f{MOST_TRACKS + 9}-0"
    crowd = [face(f"g-{number}", 200 * number, 0.1) for number in range(MOST_TRACKS + 5)]
    assert len(match((), crowd)) == len(crowd)


def test_a_drawn_person_who_moves_is_one_track() -> None:
    """Found by the detector that every service uses, ten times a second."""
    detector = HaarDetector()
    tracks: tuple[Track, ...] = ()
    for number in range(20):
        found = detector.detect(draw(person("zoe"), number / 10))
        at = NOON + timedelta(seconds=number / 10)
        tracks = match(tracks, [Track(f"f{number}-{index}", box, at) for index, box in enumerate(found)])
    assert ids(tracks) == ["f0-0"]

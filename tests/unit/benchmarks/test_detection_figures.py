"""What a detector found of what another finds."""

from benchmarks.detection.figures import add_up, compare
from familiar.shared.contract.messages import Box


def box(x: int) -> Box:
    """Give a face of 100 pixels."""
    return Box(x=x, y=0, width=100, height=100)


def test_a_box_that_overlaps_by_half_is_found_and_any_other_is_extra() -> None:
    """20 pixels aside is the same face, 60 pixels aside is none."""
    figures = compare([[box(20)], [box(60)]], [[box(0)], [box(0)]], seconds=1)
    assert (figures.faces, figures.found, figures.extra) == (2, 1, 1)


def test_a_face_is_held_where_it_is_seen_in_three_frames_around() -> None:
    """The first stands there in four frames, the second in one."""
    full = [[box(0)], [box(0)], [box(0), box(500)], [box(0)], []]
    figures = compare([[box(0)], [], [box(500)], [], []], full, seconds=1)
    assert (figures.held, figures.held_found) == (4, 1)
    assert (figures.faces, figures.found) == (5, 2)


def test_a_box_without_another_before_or_after_it_is_alone() -> None:
    """A face does not last for one frame."""
    figures = compare([[box(0)], [box(10), box(500)], []], [[], [], []], seconds=1)
    assert (figures.alone, figures.extra) == (1, 3)


def test_videos_are_added_up() -> None:
    """Longer ones count more."""
    one = compare([[box(0)]], [[box(0)]], seconds=1)
    other = compare([[], [], []], [[box(0)], [], []], seconds=2)
    notebook = compare([[], [], [], []], [[], [], [], []], seconds=30)
    told = add_up([one, other]).described(notebook)
    assert told == {
        "frames": 4,
        "milliseconds": 750.0,
        "speedup": 10.0,
        "faces": 2,
        "found": 0.5,
        "held_found": 0.0,
        "extra": 0,
        "alone": 1,
    }

"""Who came before a camera and who left it: each said once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from familiar.services.inference.stream.sightings import (
    LEFT_SECONDS,
    STEADY_FACES,
    STEADY_SECONDS,
    PoorFace,
    SeenFace,
    View,
    leave,
    see,
    see_poor,
)
from familiar.shared.contract.messages import Sighting
from tests.builders import NOON

# When, which track, and what its average says; None is somebody unknown.
Step = tuple[float, str, str | None]


def at(seconds: float) -> datetime:
    """Give the time so long after noon."""
    return NOON + timedelta(seconds=seconds)


def face(step: Step) -> SeenFace:
    """Give the face of a step."""
    seconds, track_id, person = step
    return SeenFace(f"{track_id}@{seconds:g}", track_id, at(seconds), person, 0.9, 1)


def stretch(begin: float, track_id: str, person: str | None, faces: int = STEADY_FACES) -> list[Step]:
    """Give faces in a row, a tenth of a second apart."""
    return [(begin + number / 10, track_id, person) for number in range(faces)]


class Door:
    """What is in view of a door, and what was said of it."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.view = View(camera="door")
        self.said: list[Sighting] = []

    def sees(self, *steps: Step) -> None:
        """See faces, one after another; in between what is in view is written and read again."""
        for step in steps:
            self._take(*see(View.model_validate_json(self.view.model_dump_json()), face(step)))

    def sees_blurred(self, track_id: str, *seconds: float) -> None:
        """See faces that are too blurred to be named."""
        for second in seconds:
            self._take(*see_poor(self.view, PoorFace(track_id, at(second), "too_blurred")))

    def looks(self, seconds: float) -> None:
        """Look who has left by then."""
        self._take(*leave(self.view, at(seconds)))

    def told(self) -> Iterator[tuple[str, str | None, float]]:
        """Give what was said: the event, the person, and seconds after noon."""
        for sighting in self.said:
            yield sighting.event, sighting.person, (sighting.at - NOON).total_seconds()

    def _take(self, view: View, said: tuple[Sighting, ...]) -> None:
        self.view = view
        self.said += said


@pytest.fixture
def door() -> Door:
    """Give a door with nobody before it."""
    return Door()


def test_somebody_comes_once_their_track_is_steady(door: Door) -> None:
    """With the third face; the entry says when the first was captured, and all that it is about."""
    door.sees((0, "t", "karan"), (0.1, "t", "karan"))
    assert door.said == []
    door.sees((0.2, "t", "karan"))
    assert door.said == [
        Sighting(
            sighting_id="t@0.2",
            track_id="t",
            camera="door",
            event="came",
            person="karan",
            confidence=0.9,
            model_version=1,
            at=NOON,
        )
    ]
    door.sees(*stretch(0.3, "t", "karan", 50))
    assert len(door.said) == 1


def test_before_a_slow_camera_a_second_makes_a_track_steady(door: Door) -> None:
    """Two faces are enough then; one alone never is."""
    door.sees((0, "t", "karan"))
    door.looks(LEFT_SECONDS)
    assert door.said == []
    door.sees((STEADY_SECONDS, "t", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]


def test_a_single_face_neither_comes_nor_leaves(door: Door) -> None:
    """The detector took something for a face."""
    door.sees((0, "t", None))
    door.looks(100)
    assert door.said == []
    assert door.view == View(camera="door")


def test_somebody_unknown_comes_and_leaves_without_a_name(door: Door) -> None:
    """Both entries have the id of the sighting; the second one is when the last face was captured."""
    door.sees(*stretch(0, "t", None, 20))
    door.looks(1.9 + LEFT_SECONDS)
    assert list(door.told()) == [("came", None, 0)]
    door.looks(1.9 + LEFT_SECONDS + 0.001)
    assert list(door.told()) == [("came", None, 0), ("left", None, 1.9)]
    assert len({sighting.sighting_id for sighting in door.said}) == 1
    door.looks(100)
    assert len(door.said) == 2
    assert door.view == View(camera="door")


def test_who_is_back_on_a_new_track_in_time_has_neither_left_nor_come(door: Door) -> None:
    """The detector missed the face for a while; although nobody knows who it is before the track is steady."""
    door.sees(*stretch(0, "one", "karan"))
    door.sees((0.2 + LEFT_SECONDS, "two", None))
    door.looks(0.2 + LEFT_SECONDS + 0.5)
    door.sees(*stretch(0.8 + LEFT_SECONDS, "two", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]
    door.looks(100)
    assert list(door.told()) == [("came", "karan", 0), ("left", "karan", 1.0 + LEFT_SECONDS)]
    assert door.said[1].track_id == "two"
    assert door.said[1].sighting_id == door.said[0].sighting_id


def test_who_is_back_too_late_has_left_and_comes_again(door: Door) -> None:
    """In that order, although nobody looked in between."""
    door.sees(*stretch(0, "one", "karan"), *stretch(0.3 + LEFT_SECONDS, "two", "karan"))
    assert list(door.told()) == [("came", "karan", 0), ("left", "karan", 0.2), ("came", "karan", 0.3 + LEFT_SECONDS)]
    assert len({sighting.sighting_id for sighting in door.said}) == 2


def test_a_new_track_of_somebody_else_does_not_keep_who_left(door: Door) -> None:
    """They are waited for only until it is known who it is; the entry still says when they were last seen."""
    door.sees(*stretch(0, "one", "karan"), (2, "two", "zoe"))
    door.looks(0.3 + LEFT_SECONDS)
    assert list(door.told()) == [("came", "karan", 0)]
    door.sees((2.1, "two", "zoe"), (2.2, "two", "zoe"))
    door.looks(0.3 + LEFT_SECONDS)
    assert list(door.told()) == [("came", "karan", 0), ("came", "zoe", 2), ("left", "karan", 0.2)]


def test_a_second_unknown_beside_the_first_is_a_sighting_of_its_own(door: Door) -> None:
    """While an unknown on a new track, after the first was lost, is taken for the same."""
    door.sees(*(step for pair in zip(stretch(0, "one", None), stretch(0, "two", None), strict=True) for step in pair))
    assert list(door.told()) == [("came", None, 0), ("came", None, 0)]
    assert len({sighting.sighting_id for sighting in door.said}) == 2
    door.sees(*stretch(1.5, "three", None))
    assert len(door.said) == 2


def test_a_known_person_on_two_tracks_is_one_sighting(door: Door) -> None:
    """Nobody comes twice at once; they leave with the last of the tracks."""
    door.sees(*stretch(0, "one", "karan"), *stretch(0.1, "two", "karan", 30))
    door.looks(0.2 + LEFT_SECONDS + 0.1)
    assert list(door.told()) == [("came", "karan", 0)]
    door.looks(100)
    assert list(door.told()) == [("came", "karan", 0), ("left", "karan", 3.0)]


@pytest.mark.parametrize("before", [None, "zoe"])
def test_a_track_that_turns_to_a_name_says_that_the_former_left_and_who_came(door: Door, before: str | None) -> None:
    """Once the new name holds; who came, came when it was first given, and is a sighting of its own."""
    door.sees(*stretch(0, "t", before), *stretch(0.3, "t", "karan", STEADY_FACES - 1))
    assert list(door.told()) == [("came", before, 0)]
    door.sees((0.5, "t", "karan"))
    assert list(door.told()) == [("came", before, 0), ("left", before, 0.2), ("came", "karan", 0.3)]
    door.sees(*stretch(0.6, "t", "karan", 30))
    door.looks(100)
    assert list(door.told())[3:] == [("left", "karan", 3.5)]
    assert door.said[3].sighting_id == door.said[2].sighting_id != door.said[0].sighting_id


def test_a_track_that_turns_to_somebody_who_is_in_view_only_ends_the_former(door: Door) -> None:
    """They have come already."""
    door.sees(*stretch(0, "one", "karan"), *stretch(0.5, "two", None), *stretch(0.9, "two", "karan"))
    assert list(door.told()) == [("came", "karan", 0), ("came", None, 0.5), ("left", None, 0.7)]


def test_the_former_stays_while_another_track_is_theirs(door: Door) -> None:
    """Zoe is on one track, and was taken for Karan, who is on the other, before."""
    door.sees(*stretch(0, "one", "karan", 3), *stretch(0.1, "two", "karan", 3), (0.45, "one", "karan"))
    door.sees(*stretch(0.5, "two", "zoe"))
    assert list(door.told()) == [("came", "karan", 0), ("came", "zoe", 0.5)]


def test_an_answer_that_wavers_says_nothing(door: Door) -> None:
    """Neither a name that goes for some faces, nor another that comes for two."""
    door.sees(*stretch(0, "t", "karan"))
    for begin in range(1, 6):
        door.sees(*stretch(begin, "t", None, 5), *stretch(begin + 0.5, "t", "zoe", 2), (begin + 0.7, "t", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]


@pytest.mark.parametrize("looked", [True, False])
def test_a_name_that_stays_away_for_as_long_as_leaving_takes_was_wrong(door: Door, *, looked: bool) -> None:
    """The former leaves and somebody unknown comes, whether a look was in between or not."""
    door.sees(*stretch(0, "t", "karan"), *stretch(0.3, "t", None, 31))
    assert list(door.told()) == [("came", "karan", 0)]
    if looked:
        door.looks(0.3 + LEFT_SECONDS)
        assert list(door.told()) == [("came", "karan", 0), ("left", "karan", 0.2)]
    door.sees((0.4 + LEFT_SECONDS, "t", None))
    assert list(door.told()) == [("came", "karan", 0), ("left", "karan", 0.2), ("came", None, 0.3)]


def test_somebody_unknown_beside_a_known_person_is_not_hidden_by_their_name(door: Door) -> None:
    """One track was taken for the other person's at first, who stays in view."""
    steps = [*stretch(0, "one", "karan", 40), *stretch(0, "two", "karan", 3), *stretch(0.3, "two", None, 35)]
    door.sees(*sorted(steps, key=lambda step: step[:2]))
    assert list(door.told()) == [("came", "karan", 0), ("came", None, 0.3)]


def test_who_never_went_out_of_view_has_not_left_after_a_long_pause(door: Door) -> None:
    """The same track goes on after faces of it were lost, and nobody looked meanwhile."""
    door.sees(*stretch(0, "t", "karan"), *stretch(30, "t", "karan"))
    door.looks(31)
    assert list(door.told()) == [("came", "karan", 0)]


def test_faces_that_overtake_each_other_say_the_same(door: Door) -> None:
    """Replicas do not answer in order."""
    door.sees((0.2, "t", "karan"), (0, "t", "karan"), (0.1, "t", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]
    door.looks(0.2 + LEFT_SECONDS)
    assert len(door.said) == 1


def test_nothing_is_remembered_of_who_has_left(door: Door) -> None:
    """However many tracks there were."""
    for number in range(50):
        door.sees(*stretch(number * 10, f"t{number}", "karan"))
        door.looks(number * 10 + 5)
        assert door.view == View(camera="door")
    assert len(door.said) == 100


def test_nobody_comes_by_faces_that_are_too_blurred(door: Door) -> None:
    """However many there are, and though a single sharp one follows: its average is none."""
    door.sees_blurred("t", *(number / 10 for number in range(30)))
    assert door.said == []
    door.sees((3, "t", "karan"))
    assert door.said == []
    door.sees((3.1, "t", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]


def test_nobody_leaves_while_their_face_is_only_blurred(door: Door) -> None:
    """They are there until three seconds after the last face of any kind."""
    door.sees(*stretch(0, "t", "karan"))
    door.sees_blurred("t", *range(1, 11))
    door.looks(10 + LEFT_SECONDS)
    assert list(door.told()) == [("came", "karan", 0)]
    door.looks(10.1 + LEFT_SECONDS)
    assert list(door.told())[1:] == [("left", "karan", 10)]


def test_a_blurred_face_takes_nobody_for_somebody_else(door: Door) -> None:
    """A single other answer amid blurred faces is a single one still."""
    door.sees(*stretch(0, "t", "karan"), (0.3, "t", "zoe"))
    door.sees_blurred("t", 0.4, 0.5, 0.6, 0.7)
    door.sees((0.8, "t", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]


def test_who_is_back_on_a_new_track_with_a_blurred_face_is_waited_for(door: Door) -> None:
    """It may be them; when it is, nothing is said."""
    door.sees(*stretch(0, "t", "karan"))
    door.sees_blurred("u", 2, 4, 6)
    door.looks(6)
    assert list(door.told()) == [("came", "karan", 0)]
    door.sees(*stretch(6.1, "u", "karan"))
    assert list(door.told()) == [("came", "karan", 0)]


def test_a_blurred_face_opens_no_sighting_that_could_leave(door: Door) -> None:
    """Nothing is left of it in the end."""
    door.sees_blurred("t", 0, 1)
    door.looks(1.1 + LEFT_SECONDS)
    assert door.said == []
    assert door.view.tracks == ()

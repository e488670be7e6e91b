"""Averages over a track: which answers count, and what they say together."""

from datetime import timedelta

import numpy as np
import pytest

from familiar.services.inference.stream.track_averages import (
    AVERAGED_FACES,
    AVERAGED_SECONDS,
    TrackAnswers,
    answer_to,
    average,
    remember,
)
from familiar.shared.contract.messages import Box, Face
from tests.builders import NOON

PEOPLE = ("karan", "zoe")


def face(number: int, seconds: float) -> Face:
    """Give a face of the track, captured so long after noon."""
    at = NOON + timedelta(seconds=seconds)
    return Face(
        face_id=f"f{number}-0",
        frame_id=f"f{number}",
        camera="door",
        captured_at=at,
        width=640,
        height=480,
        box=Box(x=0, y=0, width=90, height=90),
        track_id="f0-0",
    )


def answer(
    number: int, karan: float = 0.5, seconds: float | None = None, version: int = 1, people: tuple[str, ...] = PEOPLE
) -> TrackAnswers:
    """Give what a version said of a face: so sure of Karan. Faces are a tenth of a second apart."""
    at = number / 10 if seconds is None else seconds
    return answer_to(face(number, at), np.array([karan, 1 - karan], np.float32), version, people)


def remembered(*answers: TrackAnswers) -> TrackAnswers:
    """Give the track after these answers."""
    track: TrackAnswers | None = None
    for one in answers:
        track = remember(track, one)
    assert track is not None
    return track


def ids(track: TrackAnswers) -> list[str]:
    """Name the faces that count."""
    return [face.face_id for face in track.faces]


def test_the_first_face_is_answered_alone() -> None:
    """There is nothing else yet."""
    assert average(remembered(answer(0, 0.7))) == pytest.approx([0.7, 0.3])


def test_a_face_is_answered_with_the_mean_over_its_track() -> None:
    """Of what there is."""
    mean = average(remembered(answer(0, 0.9), answer(1, 0.6), answer(2, 0.3)))
    assert mean == pytest.approx([0.6, 0.4])
    assert mean.dtype == np.float32


def test_only_the_newest_faces_count() -> None:
    """The ten of them; the one before is forgotten."""
    track = remembered(*(answer(number, 1.0 if number == 0 else 0.2) for number in range(AVERAGED_FACES + 1)))
    assert len(track.faces) == AVERAGED_FACES == 10
    assert average(track) == pytest.approx([0.2, 0.8])


def test_what_was_seen_too_long_ago_counts_no_more() -> None:
    """However few faces a slow camera gives; time is when they were captured."""
    track = remembered(answer(0, seconds=0), answer(1, seconds=0.001), answer(2, seconds=AVERAGED_SECONDS + 0.001))
    assert ids(track) == ["f1-0", "f2-0"]


def test_a_face_that_comes_twice_counts_once() -> None:
    """With what was said of it last, which is the same."""
    track = remembered(answer(0, 0.9), answer(1, 0.3), answer(1, 0.3))
    assert ids(track) == ["f0-0", "f1-0"]
    assert average(track) == pytest.approx([0.6, 0.4])
    assert track.has("f1-0")
    assert not track.has("f2-0")


def test_the_order_in_which_faces_come_makes_no_difference() -> None:
    """Replicas overtake each other; the newest faces are those that were captured last."""
    answers = [answer(number, number / 12) for number in range(12)]
    assert remembered(*reversed(answers)) == remembered(*answers)


def test_a_face_that_comes_too_late_to_count_is_answered_by_the_others() -> None:
    """What is newer says it better."""
    track = remembered(*(answer(number, 0.2) for number in range(1, 11)))
    late = remember(track, answer(0, 1.0))
    assert late == track
    assert not late.has("f0-0")


@pytest.mark.parametrize("other", [answer(1, 0.2, version=2), answer(1, 0.2, people=("zoe", "karan"))])
def test_another_version_or_another_order_of_people_begins_anew(other: TrackAnswers) -> None:
    """Its numbers mean something else."""
    track = remembered(answer(0, 0.9), other)
    assert track == other
    assert average(track) == pytest.approx([0.2, 0.8])


def test_answers_read_back_equal_those_that_were_written() -> None:
    """Any replica goes on with them."""
    track = remembered(answer(0, 1 / 3), answer(1, 2 / 3))
    assert TrackAnswers.model_validate_json(track.model_dump_json()) == track

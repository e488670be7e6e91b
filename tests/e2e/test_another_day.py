"""Two real people, enrolled on one day, are known on another; a stranger before the same camera gets no name."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from familiar.cli.watch import predictions, sightings_of
from familiar.shared.redis.cameras import CameraState, live_cameras
from tests.real_recordings import recording

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

PEOPLE = ("p01", "p09")
STRANGER = "p08"
# Of a day there are about seventy pictures of each that show something new.
SAMPLES = ("--train", "40", "--test", "20", "--pause", "1")


def cameras_of(folders: dict[str, Path], option: str = "") -> str:
    """Write folders of pictures as FAMILIAR_CAMERAS."""
    return " ".join(f"'{camera}={folder}{option}'" for camera, folder in folders.items())


@pytest.mark.usefixtures("real_portraits")
def test_who_was_enrolled_on_one_day_is_named_on_another_and_a_stranger_is_not(
    start_stack: Callable[..., AbstractContextManager["Running"]],
    sessions_office: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On each person's camera they alone come by name; before the stranger's comes somebody unknown."""
    home = tmp_path / "home"
    first_day = {slug: recording(sessions_office / slug, "s1", tmp_path) for slug in PEOPLE}
    with start_stack(home, cameras_of(first_day, "#loop")) as stack:
        stack.wait_for("both cameras", lambda: len(live_cameras(stack.client)) == len(PEOPLE))
        for slug in PEOPLE:
            enrolled = stack.familiar("enrol", slug, "--camera", slug, *SAMPLES)
            assert enrolled.returncode == 0, enrolled.stdout + enrolled.stderr + stack.logs()
        trained = stack.familiar("train")
        assert trained.returncode == 0, trained.stderr + stack.logs()

    other_day = {slug: recording(sessions_office / slug, "s2", tmp_path) for slug in (*PEOPLE, STRANGER)}
    with start_stack(home, cameras_of(other_day)) as stack:
        stack.wait_for("the end of the recordings", lambda: have_ended(stack))
        stack.wait_for("everybody to leave", lambda: not in_view(stack))
        answers = Counter(
            (prediction.camera, face.person)
            for prediction in predictions(stack.client, seconds=1, after=b"0")
            for face in prediction.faces
        )
        came = Counter(
            (sighting.camera, sighting.person)
            for sighting in sightings_of(stack.client, seconds=1, after=b"0")
            if sighting.event == "came"
        )
    with capsys.disabled():
        print(f"\n{trained.stdout}" + "\n".join(in_words(camera, answers) for camera in other_day) + f"\n{dict(came)}")
    named = {(camera, person) for camera, person in came if person is not None}
    assert named == {(slug, slug) for slug in PEOPLE}
    assert came[STRANGER, None]


def in_words(camera: str, answers: Counter[tuple[str | None, str | None]]) -> str:
    """Say how the faces of a camera that shows one person were named; before the stranger's every name is wrong."""
    given = Counter({name: count for (where, name), count in answers.items() if where == camera})
    right, unknown = given[camera], given[None]
    wrong = given.total() - right - unknown
    return f"{camera}: {given.total()} faces, {right} right names, {unknown} unknown, {wrong} wrong names"


def have_ended(stack: "Running") -> bool:
    """Tell whether every recording was played to its end."""
    states = [camera.state for camera in live_cameras(stack.client)]
    return len(states) == len(PEOPLE) + 1 and set(states) == {CameraState.ENDED}


def in_view(stack: "Running") -> set[str]:
    """Give the sightings of who came and has not left."""
    said = list(sightings_of(stack.client, seconds=0.1, after=b"0"))
    left = {sighting.sighting_id for sighting in said if sighting.event == "left"}
    return {sighting.sighting_id for sighting in said} - left

"""A real stranger who was given a name: corrected, learned from, and unknown afterwards."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.real_recordings import recording

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

PEOPLE = ("p01", "p09")
# Somebody before the same camera whom two people's networks take for one of them, if half of the strangers may be.
STRANGER = "p03"
FALSE_NAMES = "0.5"


@pytest.mark.usefixtures("real_portraits")
def test_a_stranger_who_got_a_name_is_unknown_after_correction_and_training(
    start_stack: Callable[..., AbstractContextManager["Running"]], sessions_office: Path, tmp_path: Path
) -> None:
    """The first picture of somebody not enrolled that gets a name is said to be a stranger's."""
    with start_stack(tmp_path / "home") as stack:
        for slug in PEOPLE:
            pictures = recording(sessions_office / slug, "s1", tmp_path)
            enrolled = stack.familiar("enrol", slug, "--photos", str(pictures), "--train", "40", "--test", "20")
            assert enrolled.returncode == 0, enrolled.stdout + enrolled.stderr + stack.logs()
        train(stack, version=1)
        strangers = sorted((sessions_office / STRANGER).glob("*.jpg"))
        named = next((path for path in strangers if is_named(ask(stack, path))), None)
        assert named is not None, "no stranger was given a name, so nothing can be corrected"

        told = stack.familiar("correct", ask(stack, named)["prediction_id"], "--stranger")
        assert told.returncode == 0, told.stderr
        assert "1 marked" in train(stack, version=2)

        assert not is_named(ask(stack, named))


def train(stack: "Running", version: int) -> str:
    """Train to the end, wait until the version is served, and give what was told of it."""
    trained = stack.familiar("train", "--false-names", FALSE_NAMES)
    assert trained.returncode == 0, trained.stdout + trained.stderr + stack.logs()
    stack.wait_until_served(version)
    return trained.stdout


def ask(stack: "Running", picture: Path) -> dict[str, Any]:
    """Ask who is in a picture."""
    answer: dict[str, Any] = stack.http.post("/v1/predictions", files={"image": picture.read_bytes()}).json()
    return answer


def is_named(prediction: dict[str, Any]) -> bool:
    """Tell whether there is one face, and it has a name."""
    faces = prediction.get("faces", [])
    return len(faces) == 1 and faces[0]["person"] is not None

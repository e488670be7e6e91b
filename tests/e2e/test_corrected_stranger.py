"""A real stranger who was given a name: corrected, learned from, and unknown afterwards."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Running

ENROLLED = 3
# Half of the strangers may get a name, so that one does.
FALSE_NAMES = "0.5"


def test_a_stranger_who_got_a_name_is_unknown_after_correction_and_training(
    start_stack: Callable[..., AbstractContextManager["Running"]],
    real_faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first photograph of somebody not enrolled that gets a name is said to be a stranger's."""
    monkeypatch.setenv("FAMILIAR_WEIGHTS", str(real_faces / "weights" / "mobilenet_1_0_224_tf_no_top.h5"))
    folders = sorted(path for path in (real_faces / "people_photos").iterdir() if path.is_dir())
    with start_stack(tmp_path / "home") as stack:
        for folder in folders[:ENROLLED]:
            enrolled = stack.familiar(
                "enrol", folder.name.replace("_", " "), "--photos", str(folder), "--train", "40", "--test", "10"
            )
            assert enrolled.returncode == 0, enrolled.stderr + stack.logs()
        train(stack, version=1)
        strangers = (path for folder in folders[ENROLLED:] for path in sorted(folder.iterdir()))
        named = next((path for path in strangers if is_named(ask(stack, path))), None)
        assert named is not None, "no stranger was given a name, so nothing can be corrected"

        told = stack.familiar("correct", ask(stack, named)["prediction_id"], "--stranger")
        assert told.returncode == 0, told.stderr
        assert "Strangers' faces: 1 marked" in train(stack, version=2)

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

"""A drawn person comes before a camera and leaves it: seen from outside, through all processes."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from familiar.cli.watch import predictions as follow_predictions
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import Prediction, Sighting
from tests.replicas import sightings
from tests.streams import fields_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import redis

    from tests.e2e.conftest import Running

FRAMES_PER_SECOND = 10
CLIP_SECONDS = 8


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a film of Karan."""
    path = tmp_path_factory.mktemp("clip") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_SECOND, (640, 480))
    for number in range(CLIP_SECONDS * FRAMES_PER_SECOND):
        writer.write(draw(person("karan"), 100 + number / FRAMES_PER_SECOND))
    writer.release()
    return path


def in_view(client: "redis.Redis") -> list[Sighting]:
    """Give who came and has not left."""
    said = sightings(client)
    left = {one.sighting_id for one in said if one.event == "left"}
    return [one for one in said if one.event == "came" and one.sighting_id not in left]


def predictions(client: "redis.Redis") -> list[Prediction]:
    """Read the stream of predictions."""
    return [Prediction.model_validate_json(fields[b"header"]) for fields in fields_of(client, "predictions")]


def test_who_is_in_a_film_comes_once_and_leaves_once_after_its_end(
    taught: "Running", clip: Path, home: Path, start_stack: Callable[[Path, str], "AbstractContextManager[Running]"]
) -> None:
    """Inference is killed in between; every prediction is of one track, and the command shows who leaves."""
    shutil.copytree(taught.stack.settings.home / "models", home / "models")
    with start_stack(home, f"door='{clip}'") as stack:
        stack.wait_for("somebody", lambda: bool(sightings(stack.client)))
        command = [sys.executable, "-m", "familiar.cli.main", "watch", "--sightings"]
        environment = {**stack.environment, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watching:
            try:
                stack.process("inference").kill()
                stack.wait_for("who left", lambda: len(sightings(stack.client)) > 1)
                assert watching.stdout is not None
                line = watching.stdout.readline()
            finally:
                watching.terminate()
        came, left = sightings(stack.client)
        assert [(one.event, one.person, one.camera) for one in (came, left)] == [
            ("came", "karan", "door"),
            ("left", "karan", "door"),
        ]
        assert came.sighting_id == left.sighting_id
        predicted = predictions(stack.client)
        assert len(predicted) > CLIP_SECONDS * FRAMES_PER_SECOND / 4
        faces = [face for prediction in predicted for face in prediction.faces]
        assert {face.track_id for face in faces} == {came.track_id}
        # A first face or two may be below the threshold; that is no sighting of its own.
        assert {face.person for face in faces} <= {"karan", None}
        assert sum(face.person == "karan" for face in faces) > 0.9 * len(faces)
        # What the killed process was at is answered last, by the next one.
        times = sorted(prediction.captured_at for prediction in predicted)
        assert (came.at, left.at) == (times[0], times[-1])
        assert "door  karan left" in line


def test_a_drawn_person_who_stays_keeps_one_track_and_comes_no_more(taught: "Running") -> None:
    """Both cameras have shown their person for long, who may have had another name at first."""
    before = in_view(taught.client)
    shown = [prediction for prediction, _ in zip(follow_predictions(taught.client, 30), range(30), strict=False)]
    tracks = {(prediction.camera, face.track_id) for prediction in shown for face in prediction.faces}
    assert {camera for camera, _ in tracks} == {"karan", "arjun"}
    assert len(tracks) == 2
    assert sorted((one.camera, one.person) for one in before) == [("arjun", "arjun"), ("karan", "karan")]
    assert in_view(taught.client) == before

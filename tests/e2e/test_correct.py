"""Correcting predictions while everything runs: of a camera's stream, and of a picture over HTTP."""

from typing import TYPE_CHECKING

from cli.watch import predictions
from services.capture.person_drawing import draw
from services.capture.person_looks import person
from shared.background_store import BackgroundSource, BackgroundStore
from shared.images import encode_jpeg
from shared.messages import Split

if TYPE_CHECKING:
    from conftest import Running


def marked(taught: "Running") -> int:
    """Count the faces that were marked as strangers'."""
    return BackgroundStore(taught.stack.settings.home).count(BackgroundSource.MARKED)


def test_a_camera_s_prediction_is_corrected_by_the_id_that_the_stream_gives(taught: "Running") -> None:
    """A face on a camera becomes a stranger's, and then somebody's after all."""
    prediction = next(predictions(taught.client, seconds=30))
    before = taught.samples.count("arjun", Split.TRAIN), marked(taught)
    told = taught.familiar("correct", prediction.prediction_id, "--stranger")
    assert told.returncode == 0, told.stderr
    assert "is a stranger's now" in told.stdout
    assert (taught.samples.count("arjun", Split.TRAIN), marked(taught)) == (before[0], before[1] + 1)
    answer = taught.http.post("/v1/corrections", json={"prediction_id": prediction.prediction_id, "person": "Arjun"})
    assert answer.status_code == 200, answer.text
    assert marked(taught) == before[1]


def test_a_picture_s_prediction_is_corrected_by_the_id_of_its_answer(taught: "Running") -> None:
    """Somebody who was never enrolled is marked as a stranger, whatever they were called."""
    before = marked(taught)
    picture = encode_jpeg(draw(person("nobody"), seconds=200.0))
    answer = taught.http.post("/v1/predictions", files={"image": picture}).json()
    assert len(answer["faces"]) == 1
    told = taught.familiar("correct", answer["prediction_id"], "--stranger")
    assert told.returncode == 0, told.stderr
    assert marked(taught) == before + 1

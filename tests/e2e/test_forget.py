"""Forgetting somebody while everything runs: they are gone everywhere, and do not come back."""

import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.watch import predictions
from services.capture.person_drawing import draw
from services.capture.person_looks import person
from shared.images import encode_jpeg
from shared.messages import TrainingOptions
from shared.training_queue import JobState, enqueue_training, find_training

if TYPE_CHECKING:
    from conftest import Running

PICTURES = 45


@pytest.fixture(scope="module")
def pictures_of_zoe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of pictures of a third drawn person, one of them broken."""
    folder = tmp_path_factory.mktemp("zoe")
    for number in range(PICTURES):
        (folder / f"{number:03}.jpg").write_bytes(encode_jpeg(draw(person("zoe"), number * 1.7)))
    (folder / "004.jpg").write_bytes(b"broken")
    return folder


def enrol_zoe(taught: "Running", pictures: Path) -> None:
    """Enrol her from photographs."""
    enrolled = taught.familiar("enrol", "Zoë", "--photos", str(pictures), "--train", "20", "--test", "10")
    assert enrolled.returncode == 0, enrolled.stderr + taught.logs()
    assert "20 train and 10 test samples" in enrolled.stdout
    assert "004.jpg" in enrolled.stdout


def names_zoe(data: bytes) -> bool:
    """Tell whether her name stands in a file; three letters stand by chance in weights and in encoded pictures."""
    try:
        return "zoe" in re.sub(r"base64,[A-Za-z0-9+/=]+", "", data.decode())
    except UnicodeDecodeError:
        return "Zoë".encode() in data


def test_a_training_that_began_with_somebody_forgotten_publishes_nothing(
    taught: "Running", pictures_of_zoe: Path
) -> None:
    """The job says so, and what is served stays as it was."""
    enrol_zoe(taught, pictures_of_zoe)
    before = taught.models.current()
    job = enqueue_training(taught.client, TrainingOptions(base_width=0.25))
    taught.wait_for(
        "an epoch", lambda: bool((found := find_training(taught.client, job.job_id).progress) and found.epochs)
    )
    assert taught.familiar("forget", "Zoë", "--yes").returncode == 0
    taught.wait_for(
        "the job's end",
        lambda: find_training(taught.client, job.job_id).state in (JobState.FAILED, JobState.FINISHED),
    )
    error = find_training(taught.client, job.job_id).error
    assert error is not None
    assert error.code == "person-forgotten"
    assert taught.models.current() == before


def test_a_version_that_knows_somebody_goes_with_them(taught: "Running", pictures_of_zoe: Path) -> None:
    """Inference stops naming them at once; training the others brings the next number."""
    enrol_zoe(taught, pictures_of_zoe)
    assert taught.familiar("train", "--base-width", "0.25", "--epochs", "2", "--force").returncode == 0
    version = taught.models.current()
    assert version is not None
    taught.wait_until_served(version)

    forgotten = taught.http.delete("/v1/people/zoe").json()
    assert forgotten["model_versions"] == [version]
    assert forgotten["serving"] is False
    taught.wait_for("no model", lambda: taught.http.get("/readyz").status_code == 503)
    left = [
        path
        for path in taught.stack.settings.home.rglob("*")
        if "zoe" in path.name or (path.is_file() and names_zoe(path.read_bytes()))
    ]
    assert [path for path in left if path.parent.name not in ("redis", "appendonlydir")] == []
    assert "zoe" not in taught.http.get("/v1/people").text

    assert taught.familiar("train", "--base-width", "0.25").returncode == 0
    taught.wait_until_served(version + 1)
    served = {prediction.model_version for prediction in islice(predictions(taught.client, seconds=30), 5)}
    assert served == {version + 1}

"""Forgetting somebody while everything runs: they are gone everywhere, and do not come back."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from familiar.cli.train import follow_training
from familiar.cli.watch import predictions
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.training_queue import count_trainings, enqueue_training, find_training, training_records
from familiar.shared.vision.images import encode_jpeg

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

PICTURES = 45
# So long that neither stands by chance in weights and encoded pictures, as a short name does now and then.
NAME, SLUG = "Zoë Krüger", "zoe-kruger"


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
    enrolled = taught.familiar("enrol", NAME, "--photos", str(pictures), "--train", "20", "--test", "10")
    assert enrolled.returncode == 0, enrolled.stderr + taught.logs()
    assert "20 train and 10 test samples" in enrolled.stdout
    assert f"{NAME} was enrolled in 1 session on 1 day. A second day" in " ".join(enrolled.stdout.split())
    assert "004.jpg" in enrolled.stdout


def left_of_zoe(home: Path) -> list[Path]:
    """Give the files and folders that her name stands in or over."""
    return [path for path in home.rglob("*") if SLUG in path.name or (path.is_file() and names_zoe(path.read_bytes()))]


def names_zoe(data: bytes) -> bool:
    """Tell whether her name stands in what a file holds."""
    return SLUG.encode() in data or NAME.encode() in data


def test_a_training_that_began_with_somebody_forgotten_publishes_nothing(
    taught: "Running", pictures_of_zoe: Path
) -> None:
    """The job says so, and what is served stays as it was."""
    enrol_zoe(taught, pictures_of_zoe)
    before = taught.models.current()
    job = enqueue_training(taught.client, taught.trainings, TrainingOptions(base_width=0.25))
    taught.wait_for(
        "an epoch",
        lambda: bool((found := find_training(taught.client, taught.trainings, job.job_id).progress) and found.epochs),
    )
    assert taught.familiar("forget", NAME, "--yes").returncode == 0
    taught.wait_for(
        "the job's end",
        lambda: (
            find_training(taught.client, taught.trainings, job.job_id).state in (JobState.FAILED, JobState.FINISHED)
        ),
    )
    error = find_training(taught.client, taught.trainings, job.job_id).error
    assert error is not None
    assert error.code == "person-forgotten"
    assert taught.models.current() == before
    # Of the others, which would know her if it began after she is enrolled again below.
    taught.wait_for("the trainings' end", lambda: not any(unfinished(taught)))


def unfinished(taught: "Running") -> list[int]:
    """Give how many trainings are queued, and how many run."""
    count = count_trainings(taught.client)
    return [count[JobState.QUEUED], count[JobState.STARTED]]


def test_a_version_that_knows_somebody_goes_with_them(taught: "Running", pictures_of_zoe: Path) -> None:
    """Inference serves one without them, and the others are trained again, which brings the next number."""
    before = taught.models.current()
    enrol_zoe(taught, pictures_of_zoe)
    assert taught.familiar("train", "--base-width", "0.25", "--epochs", "2", "--force").returncode == 0
    version = taught.models.current()
    assert version is not None
    taught.wait_until_served(version)
    home = taught.stack.settings.home
    assert {"manifest.json", "report.html", SLUG} <= {path.name for path in left_of_zoe(home)}

    forgotten = taught.http.delete(f"/v1/people/{SLUG}").json()
    assert forgotten["model_versions"] == [version]
    assert (forgotten["serving"], forgotten["served_version"]) == (True, before)
    assert left_of_zoe(home) == []
    assert SLUG not in taught.http.get("/v1/people").text

    trained = follow_training(taught.client, training_records(home), forgotten["training_job"])
    assert trained == version + 1
    assert taught.models.manifest(trained).options.base_width == 0.25
    served = taught.models.current()
    assert served is not None
    taught.wait_until_served(served)
    answered_by = {prediction.model_version for prediction in islice(predictions(taught.client, seconds=30), 5)}
    assert answered_by == {served}

"""A training on a disk without room fails by name and keeps what is served; with room the same trainer goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState, TrainingJob
from familiar.shared.redis.training_queue import enqueue_training, find_training, training_records
from familiar.shared.runtime.files import PARTIAL_PREFIX
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import cut_face, encode_jpeg
from tests.builders import origin, publish_version
from tests.small_disk import small_disk

# Two trainings take the cores that nobody else wants.
pytestmark = pytest.mark.slow

DEADLINE_SECONDS = 240.0
# Enough for samples, records and the log, and for no model.
DISK_BYTES = 3_000_000
SAMPLES = 12
SMALL = TrainingOptions(base_width=0.25, epochs=2)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a home on a small disk of its own, with two people and a version that knows them."""
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        folder = disk / "home"
        folder.mkdir()
        detector = HaarDetector()
        samples = SampleStore(folder)
        for name in ("Arjun", "Karan"):
            slug = samples.register(name).slug
            for number in range(SAMPLES):
                image = draw(person(slug), float(number))
                crop = encode_jpeg(cut_face(image, detector.detect(image)[0]))
                samples.add(slug, Split.TRAIN, crop, origin(number), None)
        publish_version(ModelStore(folder), "arjun", "karan")
        yield folder


@contextmanager
def trainer(home: Path, redis_url: str, least_free_mb: int) -> Iterator[None]:
    """Run a trainer, whose log is not on the small disk."""
    environment = {
        **os.environ,
        "FAMILIAR_HOME": str(home),
        "REDIS_URL": redis_url,
        "FAMILIAR_WEIGHTS": "random",
        "FAMILIAR_LEAST_FREE_MB": str(least_free_mb),
    }
    with subprocess.Popen([sys.executable, "-m", "familiar.services.trainer"], env=environment) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(DEADLINE_SECONDS)


def train(client: redis.Redis, home: Path) -> TrainingJob:
    """Train, and give the job when it has ended."""
    records = training_records(home)
    job_id = enqueue_training(client, records, SMALL).job_id
    until = time.monotonic() + DEADLINE_SECONDS
    while (job := find_training(client, records, job_id)).state not in {JobState.FINISHED, JobState.FAILED}:
        assert time.monotonic() < until, job
        time.sleep(0.2)
    return job


def require_nothing_half_done(home: Path) -> None:
    """Check that the version from before is served, and that nothing else is there."""
    models = ModelStore(home)
    assert (models.versions(), models.current()) == ((1,), 1)
    assert models.open(1)
    assert not list((home / "models").glob(f"{PARTIAL_PREFIX}*"))
    assert not list((home / "models").glob("*.checkpoint"))


@pytest.mark.parametrize("least_free_mb", [0, 100], ids=["in the middle", "below the reserve"])
def test_a_training_without_room_fails_by_name_and_the_next_one_with_room_is_published(
    home: Path, client: redis.Redis, redis_url: str, least_free_mb: int
) -> None:
    """The reason says what to do; the trainer is the same process."""
    with trainer(home, redis_url, least_free_mb):
        failed = train(client, home)
        assert failed.error is not None
        assert (failed.state, failed.error.code) == (JobState.FAILED, "disk-full"), failed.error
        assert "Make room" in failed.error.detail
        require_nothing_half_done(home)
        subprocess.run(["mount", "-o", "remount,size=300M", str(home.parent)], check=True)
        done = train(client, home)
        assert (done.state, done.model_version) == (JobState.FINISHED, 2), done.error
    assert ModelStore(home).open(2)

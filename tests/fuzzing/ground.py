"""The ground that doors stand on: a FAMILIAR_HOME with people, strangers, two versions and records, to be copied.

python -m tests.fuzzing.ground FOLDER
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.processes import own_redis
from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.enrolment import EnrolmentRequest, OpenEnrolment
from familiar.shared.contract.manifest import GoldenSample, Manifest
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import TrainingRecord, waiting_job
from familiar.shared.redis.enrolments import open_enrolments
from familiar.shared.redis.training_queue import training_records
from familiar.shared.stores.forgettings import Forgettings, Intention
from familiar.shared.stores.models import KERAS_MODEL, REPORT, SERVED_MODEL, ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import encode_jpeg, encode_png
from tests.builders import NOON, crop, manifest_of, origin
from tests.colour_crops import SIDE

KNOWN = ("bea", "rob")
ENROLLED = ("Bea", "Rob", "Zoe", "Karan")
JOB = "0" * 32
PICTURE, GOLDEN = "confusion.png", "golden-0.png"


@dataclass(frozen=True)
class Ground:
    """A taught home to copy, and a folder of the door's own."""

    taught: Path
    folder: Path

    def home(self) -> Path:
        """Give a fresh copy of the taught home, in place of the one before."""
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.taught, home)
        return home

    @contextmanager
    def redis(self) -> Iterator[str]:
        """Run a Redis for as long as the `with` block lasts, and give its address."""
        with own_redis(self.folder / "redis") as url:
            yield url


def teach(home: Path) -> None:
    """Fill a home: everything there is a file of in one is there."""
    home.mkdir(parents=True)
    _publish(home)
    samples, strangers = SampleStore(home), StrangerStore(home)
    for number, name in enumerate(ENROLLED):
        slug = samples.register(name).slug
        for shot in range(3):
            picture = np.random.default_rng(number * 10 + shot).integers(0, 255, (40, 40, 3), np.uint8)
            split = Split.TEST if shot == 2 else Split.TRAIN
            samples.add(slug, split, encode_jpeg(picture), origin(number * 10 + shot), most=None)
    for number, source in enumerate(StrangerSource):
        strangers.add(source, crop(number * 20), origin(number) if number else None)
    request = EnrolmentRequest(
        enrolment_id="e1", camera="door", person="zoe", name="Zoe", train=9, test=3, pause_seconds=0, requested_at=NOON
    )
    open_enrolments(samples).write("door", OpenEnrolment(request=request))
    now = datetime.now(UTC)
    job = waiting_job(JOB, now)
    training_records(home).write(JOB, TrainingRecord(job=job, options={"epochs": 3}, created_at=now))
    tokens = TokenStore(home)
    tokens.owner_secret()
    tokens.add("party", [Scope.PREDICT, Scope.WATCH])
    Forgettings(home).count()


def intention() -> Intention:
    """Give an interrupted forgetting of somebody whom no version knows."""
    return Intention(
        person="karan", names=("Karan",), samples=3, model_versions=(), training=TrainingOptions(), job_id="1" * 32
    )


def _publish(home: Path) -> None:
    """Publish a version that knows Bea and Rob by their colours, and one like it with a report and golden faces."""
    from tests.colour_model import publish_colours  # noqa: PLC0415 - TensorFlow takes seconds and 500 MB

    models = ModelStore(home)
    publish_colours(models)
    golden = np.full((SIDE, SIDE, 3), 90, np.uint8)

    def describe(version: int, files: dict[str, str]) -> Manifest:
        return manifest_of(version, files, KNOWN).model_copy(
            update={"golden": (GoldenSample(file=GOLDEN, confidences=_answer(home, golden)),)}
        )

    with models.staging_folder() as staging:
        shutil.copy(models.path(1, SERVED_MODEL), staging / SERVED_MODEL)
        (staging / KERAS_MODEL).write_bytes(b"PK\x03\x04 the model that was trained")
        (staging / REPORT).write_text("<!doctype html><title>Report</title>")
        (staging / PICTURE).write_bytes(encode_png(golden[:8, :8]))
        (staging / GOLDEN).write_bytes(encode_png(golden))
        models.publish(staging, describe)


def _answer(home: Path, golden: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[float, ...]:
    from familiar.services.inference.model.predictor import load_predictor  # noqa: PLC0415 - as above

    return tuple(float(share) for share in load_predictor(ModelStore(home), 1).confidences([golden])[0])


if __name__ == "__main__":
    teach(Path(sys.argv[1]))

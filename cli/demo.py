"""familiar demo: all of Familiar in two minutes, with two drawn people."""

import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import redis
import typer
from rich.table import Table

from familiar.cli.console import err, out
from familiar.cli.enrolment_progress import follow_enrolments, refusals_in_words
from familiar.cli.settings import CliSettings
from familiar.cli.stack.local_stack import LocalSettings, LocalStack, free_port
from familiar.cli.train import follow_training, print_verdict
from familiar.cli.up import keep_serving
from familiar.cli.watch import predictions
from familiar.shared.contract.errors import ServiceFailed, TrainingFailed, UnknownCamera, WeightsUnavailable
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.redis.cameras import require_camera
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.redis.training_queue import TrainingRecords, enqueue_training, training_records
from familiar.shared.runtime.service import load_settings, stop_on_signals
from familiar.shared.stores.encryption_key import seals_for
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore

PEOPLE = ("Karan", "Arjun")
PORT = 8000
CAMERA_PORT = 8001
PAUSE_SECONDS = 1.0
FACES_WATCHED = 200
RIGHT_SHARE = 0.95
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class TestStretch:
    """Counts of named faces by camera and by name, None for unknown."""

    answers: Counter[tuple[str, str | None]]

    @property
    def faces(self) -> int:
        """The number of faces."""
        return self.answers.total()

    @property
    def right(self) -> int:
        """The number of faces with the right name: each camera is named after the person it shows."""
        return sum(count for (camera, person), count in self.answers.items() if camera == person)

    @property
    def right_share(self) -> float:
        """The share of faces with the right name."""
        return self.right / self.faces


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the summary, instead of serving on.")] = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Enrol two drawn people, train, reload, and watch both being named; then serve until Ctrl-C.

    Everything is kept in a folder of its own, which is deleted at the end.
    """
    started = time.monotonic()
    # Unwind the stack on these signals too, so that all child processes end.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    stopped = threading.Event()
    home = Path(tempfile.mkdtemp(prefix="familiar-demo-"))
    cameras = " ".join(f"{name.lower()}=synthetic:{name.lower()}" for name in PEOPLE)
    ports = free_port(PORT), free_port(CAMERA_PORT)
    settings = LocalSettings(home, *ports, redis_url=None, cameras=cameras)
    try:
        err.rule("1. Start Redis and the four services")
        with LocalStack(settings) as stack:
            stretch = _teach_and_watch(settings, time.monotonic() - started)
            _print_summary(stretch, time.monotonic() - started)
            if not once:
                stop_on_signals(stopped)
                out.print(f"Serving until Ctrl-C. Open {stack.link}", markup=False, soft_wrap=True)
                keep_serving(stack, stopped)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if stretch.right_share < RIGHT_SHARE:
        raise typer.Exit(1)


def _teach_and_watch(settings: LocalSettings, seconds: float) -> TestStretch:
    err.print(f"{settings.url} answers after {seconds:.1f} s.")
    client = open_redis(settings.used_redis_url)
    err.rule("2. Enrol two drawn people")
    _enrol_both(client, SampleStore(settings.home, seals=seals_for(settings.home, load_settings(CliSettings))))
    err.rule("3. Train")
    version = _train(client, training_records(settings.home))
    print_verdict(ModelStore(settings.home).manifest(version))
    err.rule("4. Watch")
    _wait_until_served(settings.url, version)
    err.print(f"Inference serves version {version}. Now {FACES_WATCHED} faces of a new stretch of both cameras.")
    return _watch(client, version)


def _enrol_both(client: redis.Redis, store: SampleStore) -> None:
    cameras = [name.lower() for name in PEOPLE]
    for name, camera in zip(PEOPLE, cameras, strict=True):
        _wait_for_camera(client, camera)
        begin_enrolment(client, store, camera, name, Targets(pause_seconds=PAUSE_SECONDS))
    for enrolment in follow_enrolments(client, store, cameras):
        out.print(
            f"{enrolment.request.name}: {enrolment.train_samples} train and {enrolment.test_samples} test samples. "
            f"Not taken: {refusals_in_words(enrolment)}.",
            highlight=False,
        )


def _train(client: redis.Redis, records: TrainingRecords) -> int:
    try:
        return follow_training(client, records, enqueue_training(client, records, TrainingOptions()).job_id)
    except TrainingFailed as failure:
        if failure.reason != WeightsUnavailable().code:
            raise
    out.print(
        "MobileNet's ImageNet weights cannot be downloaded here, so the demo goes on with random ones. They tell "
        "drawn people apart; for real faces get the weights (`familiar doctor` says where they belong).",
        style="yellow",
    )
    job = enqueue_training(client, records, TrainingOptions(weights="random"))
    return follow_training(client, records, job.job_id)


def _wait_for_camera(client: redis.Redis, camera: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            require_camera(client, camera)
        except UnknownCamera:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _wait_until_served(url: str, version: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        response = httpx.get(f"{url}/readyz", trust_env=False)
        if response.is_success and response.json()["model_version"] == version:
            return
        time.sleep(0.1)
    raise ServiceFailed(f"Inference did not take up version {version} within {PATIENCE_SECONDS:.0f} s.")


def _watch(client: redis.Redis, version: int) -> TestStretch:
    answers: Counter[tuple[str, str | None]] = Counter()
    for prediction in predictions(client, PATIENCE_SECONDS):
        if prediction.model_version == version:
            answers.update((str(prediction.camera), face.person) for face in prediction.faces)
        if answers.total() >= FACES_WATCHED:
            return TestStretch(answers)
    raise ServiceFailed(f"Only {answers.total()} faces were named within {PATIENCE_SECONDS:.0f} s.")


def _print_summary(stretch: TestStretch, seconds: float) -> None:
    names = sorted({name or "unknown" for _, name in stretch.answers})
    table = Table("camera", *names, title="Who was seen before which camera")
    for camera in sorted({camera for camera, _ in stretch.answers}):
        counts = (stretch.answers[camera, None if name == "unknown" else name] for name in names)
        table.add_row(camera, *(str(count) for count in counts))
    out.print(table)
    verdict = "enough" if stretch.right_share >= RIGHT_SHARE else f"too few: at least {RIGHT_SHARE:.0%} have to be"
    out.print(
        f"{stretch.right} of {stretch.faces} faces got the right name ({stretch.right_share:.1%}, {verdict}). "
        f"The demo took {seconds:.0f} s.",
        highlight=False,
    )

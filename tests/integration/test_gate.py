"""The gate from end to end: a real trainer, a real inference that is asked all the time, and samples that lie."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path

import httpx
import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from cli.local_stack import free_port
from services.capture.person_drawing import draw
from services.capture.person_looks import person
from shared.detector import FaceDetector
from shared.images import cut_face, encode_jpeg
from shared.messages import Split
from shared.model_store import ModelStore
from shared.sample_store import SampleStore
from shared.training_queue import JobState, TrainingJob, find_training
from tests.builders import NOON, origin

DEADLINE_SECONDS = 120.0
PEOPLE = ("arjun", "karan")
SAMPLES = {Split.TRAIN: 24, Split.TEST: 16}


@dataclass(frozen=True)
class Services:
    """A trainer and an inference that run on one home, and what to ask them with."""

    environment: dict[str, str]
    client: redis.Redis
    models: ModelStore
    http: httpx.Client

    def familiar(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line to its end."""
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
        )

    def train(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a small training to its end."""
        return self.familiar("train", "--base-width", "0.25", "--epochs", "4", *arguments)

    def states(self) -> dict[int, tuple[str, str | None]]:
        """Ask for each version's state and what is said of it."""
        return {model["version"]: (model["state"], model["detail"]) for model in self.http.get("/v1/models").json()}


@dataclass
class Asked:
    """What a client that never stops asking was answered, in order."""

    versions: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def wait_for(what: str, true: Callable[[], bool]) -> None:
    """Wait until something is true, but not for ever."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)


def enrol_drawn_people(home: Path) -> None:
    """Store crops of two drawn people, those of the test split from a later time."""
    store, detector = SampleStore(home), FaceDetector()
    for name in PEOPLE:
        store.register(name.title())
        frames = (draw(person(name), seconds * 0.7) for seconds in range(1000))
        crops = (cut_face(frame, boxes[0]) for frame in frames if (boxes := detector.detect(frame)))
        for split, count in SAMPLES.items():
            for number, crop in enumerate(islice(crops, count)):
                taken_at = NOON + timedelta(seconds=number, hours=split is Split.TEST)
                store.add(name, split, encode_jpeg(crop), origin(number, taken_at), count)


def shuffle_train_labels(home: Path) -> None:
    """Give every second train sample of each person to the other; the test samples stay right."""
    first, second = (home / "samples" / "train" / name for name in PEOPLE)
    moves = [(path, second) for path in sorted(first.iterdir())[::2]]
    moves += [(path, first) for path in sorted(second.iterdir())[::2]]
    for path, folder in moves:
        path.rename(folder / path.name)


@contextmanager
def service(name: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a service's process, and stop it as it wants to be stopped."""
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", name], env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


@contextmanager
def asking(services: Services) -> Iterator[Asked]:
    """Ask who is in a picture again and again meanwhile."""
    asked, stopped = Asked(), threading.Event()
    picture = encode_jpeg(draw(person("karan"), 300.0))

    def ask() -> None:
        while not stopped.is_set():
            answer = services.http.post("/v1/predictions", content=picture, headers={"Content-Type": "image/jpeg"})
            if answer.is_success:
                asked.versions.append(answer.json()["model_version"])
            else:
                asked.failures.append(answer.text)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield asked
    finally:
        stopped.set()
        thread.join()


@pytest.fixture
def services(home: Path, tmp_path: Path, client: redis.Redis, redis_url: str) -> Iterator[Services]:
    """Give services that serve a version 1 of two drawn people, whose train samples are then shuffled."""
    enrol_drawn_people(home)
    environment = {
        **os.environ,
        "FAMILIAR_HOME": str(home),
        "FAMILIAR_WEIGHTS": "random",
        "FAMILIAR_PORT": str(free_port()),
        "REDIS_URL": redis_url,
        "COLUMNS": "200",
    }
    url = f"http://127.0.0.1:{environment['FAMILIAR_PORT']}"
    with (
        service("services.trainer", environment, tmp_path / "trainer.log"),
        service("services.inference", environment, tmp_path / "inference.log"),
        httpx.Client(base_url=url, timeout=30, trust_env=False) as http,
    ):
        running = Services(environment, client, ModelStore(home), http)
        first = running.train()
        assert first.returncode == 0, first.stderr + (tmp_path / "trainer.log").read_text()
        wait_for("version 1", lambda: answers_with(http, 1))
        shuffle_train_labels(home)
        yield running


def answers_with(http: httpx.Client, version: int) -> bool:
    """Tell whether inference is up and serves a version."""
    try:
        return bool(http.get("/readyz").json().get("model_version") == version)
    except httpx.TransportError:
        return False


def test_a_version_trained_on_shuffled_labels_is_refused_and_serving_never_notices(
    services: Services, redis_url: str, home: Path
) -> None:
    """It is kept with the reason, nobody hears of it, and only --force has it served; its job makes no second one."""
    events = services.client.xlen("model-versions")
    with asking(services) as asked:
        refused = services.train()
        wait_for("answers after it", lambda before=len(asked.versions): len(asked.versions) > before + 10)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    words = " ".join(refused.stdout.split())
    assert "worse than version 1, which is served on" in words
    assert "On the 32 test samples of the 2 people that both know, version 1 gives the right name to" in words
    assert "familiar train --force" in words
    assert (asked.failures, set(asked.versions)) == ([], {1})
    assert (services.models.current(), services.models.versions()) == (1, (1, 2))
    assert services.client.xlen("model-versions") == events

    manifest = services.models.manifest(2)
    assert services.states() == {1: ("ready", None), 2: ("rejected", manifest.rejection)}
    listed = services.familiar("models").stdout
    assert "rejected" in listed
    assert str(manifest.rejection) in " ".join(listed.split())
    job = find_training(services.client, str(manifest.job_id))
    assert (job.state, job.model_version, job.rejected) == (JobState.FINISHED, 2, manifest.rejection)

    assert run_again(services, job) == job
    assert (services.models.current(), services.models.versions()) == (1, (1, 2))

    with asking(services) as asked:
        forced = services.train("--force")
        wait_for("version 3", lambda: asked.versions[-1:] == [3])
    assert forced.returncode == 0, forced.stderr
    assert "Published although it is worse than version 1" in " ".join(forced.stdout.split())
    assert (asked.failures, asked.versions) == ([], sorted(asked.versions))
    assert services.models.current() == 3
    assert services.client.xlen("model-versions") == events + 1
    assert services.states()[3][0] == "ready"


def run_again(services: Services, job: TrainingJob) -> TrainingJob:
    """Put a job that is over back on its queue, as RQ does when its worker died late, and wait for its end."""
    queue = Queue("training", connection=services.client, serializer=JSONSerializer)
    again = Job.fetch(job.job_id, connection=services.client, serializer=JSONSerializer)
    ended_at = again.ended_at
    queue.enqueue_job(again)

    def is_over() -> bool:
        again.refresh()
        return again.ended_at != ended_at and again.is_finished

    wait_for("the job's second end", is_over)
    found = find_training(services.client, job.job_id)
    return found.model_copy(update={"enqueued_at": job.enqueued_at})

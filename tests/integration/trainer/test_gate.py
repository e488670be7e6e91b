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

from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.messages import Split
from familiar.shared.contract.training import JobState, TrainingJob
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import TrainingRecords, find_training, training_records
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import cut_face, encode_jpeg
from tests.app_client import bearer
from tests.builders import NOON, origin

# A training takes the cores that nobody else wants: beside other tests it would take minutes.
pytestmark = pytest.mark.slow

DEADLINE_SECONDS = 120.0
BREATH_SECONDS = 0.05
PEOPLE = ("arjun", "karan")
SAMPLES = {Split.TRAIN: 24, Split.TEST: 16}
# Karan has a day more, from which nothing is learned.
TESTS_OF_ANOTHER_DAY = 20


@dataclass(frozen=True)
class Services:
    """A trainer and an inference that run on one home, and what to ask them with."""

    environment: dict[str, str]
    client: redis.Redis
    models: ModelStore
    http: httpx.Client

    @property
    def trainings(self) -> TrainingRecords:
        """The records of trainings."""
        return training_records(Path(self.environment["FAMILIAR_HOME"]))

    def familiar(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line to its end."""
        command = [sys.executable, "-m", "familiar.cli.main", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
        )

    def train(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a small training to its end."""
        return self.familiar("train", "--base-width", "0.25", "--epochs", "4", *arguments)


@dataclass
class Asked:
    """What a client that never stops asking was answered, in order."""

    versions: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Refused:
    """A training that was refused, what a client was answered meanwhile, and how many versions were announced."""

    training: subprocess.CompletedProcess[str]
    asked: Asked
    events: int


def wait_for(what: str, true: Callable[[], bool]) -> None:
    """Wait until something is true, but not for ever."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)


def enrol_drawn_people(home: Path) -> None:
    """Store crops of two drawn people, those of the test split from a later time, and test samples of another day."""
    store, detector = SampleStore(home), HaarDetector()
    for name in PEOPLE:
        store.register(name.title())
        frames = (draw(person(name), seconds * 0.7) for seconds in range(1000))
        crops = (cut_face(frame, boxes[0]) for frame in frames if (boxes := detector.detect(frame)))
        for split, count in SAMPLES.items():
            for number, crop in enumerate(islice(crops, count)):
                taken_at = NOON + timedelta(seconds=number, hours=split is Split.TEST)
                store.add(name, split, encode_jpeg(crop), origin(number, taken_at), count)
    for number, crop in enumerate(islice(crops, TESTS_OF_ANOTHER_DAY)):
        taken = origin(number, NOON + timedelta(days=1, seconds=number)).model_copy(update={"enrolment_id": "e2"})
        store.add(PEOPLE[-1], Split.TEST, encode_jpeg(crop), taken, None)


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
        # Without a breath between requests there would be little left of the machine to train with.
        while not stopped.wait(BREATH_SECONDS):
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


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Services]:
    """Give services that serve a version 1 of two drawn people."""
    folder = tmp_path_factory.mktemp("gate")
    home = folder / "home"
    enrol_drawn_people(home)
    environment = {
        **os.environ,
        "FAMILIAR_HOME": str(home),
        "FAMILIAR_WEIGHTS": "random",
        "FAMILIAR_PORT": str(free_port()),
        "REDIS_URL": redis_url,
        "COLUMNS": "200",
    }
    client = open_redis(redis_url)
    client.flushall()
    with (
        service("familiar.services.trainer", environment, folder / "trainer.log"),
        service("familiar.services.inference", environment, folder / "inference.log"),
        httpx.Client(
            base_url=f"http://127.0.0.1:{environment['FAMILIAR_PORT']}",
            headers=bearer(TokenStore(home).owner_secret()),
            timeout=30,
            trust_env=False,
        ) as http,
    ):
        running = Services(environment, client, ModelStore(home), http)
        first = running.train()
        assert first.returncode == 0, first.stderr + (folder / "trainer.log").read_text()
        wait_for("version 1", lambda: answers_with(http, 1))
        yield running
    client.close()


@pytest.fixture(scope="module")
def refused(services: Services) -> Refused:
    """Train on shuffled labels while somebody asks, and give what came of it."""
    shuffle_train_labels(Path(services.environment["FAMILIAR_HOME"]))
    events = services.client.xlen("model-versions")
    with asking(services) as asked:
        training = services.train()
        answered = len(asked.versions)
        wait_for("answers after it", lambda: len(asked.versions) > answered + 10)
    return Refused(training, asked, services.client.xlen("model-versions") - events)


def answers_with(http: httpx.Client, version: int) -> bool:
    """Tell whether inference is up and serves a version."""
    try:
        return bool(http.get("/readyz").json().get("model_version") == version)
    except httpx.TransportError:
        return False


def test_a_version_says_of_which_days_it_is(services: Services) -> None:
    """And asks for another one. Karan was tested with the day from which nothing was learned, and with it alone."""
    manifest = services.models.manifest(1)
    arjun, karan = manifest.people
    assert (arjun.sessions, arjun.days, arjun.test_samples, arjun.tests_left_out) == (1, 1, 16, 0)
    assert (karan.sessions, karan.days, karan.test_samples, karan.tests_left_out) == (1, 1, 20, 16)
    assert manifest.findings is not None
    for found in manifest.findings.people:
        assert any(step.startswith(f"Enrol {found.slug.title()} again on another day") for step in found.steps)


def test_a_version_trained_on_shuffled_labels_is_refused_and_says_why(refused: Refused) -> None:
    """The figures of both, what to do about it, and an exit status that is neither success nor an error."""
    words = " ".join(refused.training.stdout.split())
    assert refused.training.returncode == 3, words + refused.training.stderr
    assert "worse than version 1, which was served" in words
    assert "On the 36 test samples of the 2 people that both know, version 1 gives the right name to" in words
    assert "familiar train --force" in words


def test_serving_never_noticed(refused: Refused) -> None:
    """No request failed, no other version answered, and nobody heard of one."""
    assert (refused.asked.failures, set(refused.asked.versions), refused.events) == ([], {1}, 0)


@pytest.mark.usefixtures("refused")
def test_the_refused_version_is_kept_with_its_reason(services: Services) -> None:
    """In its folder, for its job, over HTTP and in the command line."""
    assert (services.models.current(), services.models.versions()) == (1, (1, 2))
    manifest = services.models.manifest(2)
    job = find_training(services.client, services.trainings, str(manifest.job_id))
    assert (job.state, job.model_version, job.rejected) == (JobState.FINISHED, 2, manifest.rejection)
    states = {model["version"]: (model["state"], model["detail"]) for model in services.http.get("/v1/models").json()}
    assert states == {1: ("ready", None), 2: ("rejected", manifest.rejection)}
    listed = " ".join(services.familiar("models").stdout.split())
    assert f"Version 2 was rejected. {manifest.rejection}" in listed


@pytest.mark.usefixtures("refused")
def test_a_job_that_is_run_twice_makes_one_version(services: Services) -> None:
    """Its worker died late: the second run answers what the first had published."""
    for version in (1, 2):
        job = find_training(services.client, services.trainings, str(services.models.manifest(version).job_id))
        again = run_again(services, job)
        assert (again.state, again.model_version, again.rejected) == (job.state, version, job.rejected)
        assert (services.models.current(), services.models.versions()) == (1, (1, 2))


@pytest.mark.usefixtures("refused")
def test_with_force_it_is_served_all_the_same(services: Services) -> None:
    """And says that it is worse; no request fails while it is taken up."""
    events = services.client.xlen("model-versions")
    with asking(services) as asked:
        forced = services.train("--force")
        wait_for("version 3", lambda: asked.versions[-1:] == [3])
    assert forced.returncode == 0, forced.stderr
    assert "Published although it is worse than version 1" in " ".join(forced.stdout.split())
    assert (asked.failures, asked.versions) == ([], sorted(asked.versions))
    assert (services.models.current(), services.client.xlen("model-versions")) == (3, events + 1)


def run_again(services: Services, job: TrainingJob) -> TrainingJob:
    """Put a job that is over back on its queue, as RQ does when its worker died late, and wait for its end."""
    queue = Queue("training", connection=services.client, serializer=JSONSerializer)
    again = Job.fetch(job.job_id, connection=services.client, serializer=JSONSerializer)
    ended_at = again.ended_at
    queue.enqueue_job(again)

    def is_over() -> bool:
        again.refresh()
        return again.is_finished and again.ended_at != ended_at

    wait_for("the job's second end", is_over)
    return find_training(services.client, services.trainings, job.job_id)

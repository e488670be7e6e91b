"""Redis is killed and comes back empty, in the middle of everything: nothing that was asked for is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.redis.training_queue import enqueue_training
from familiar.shared.stores.models import ModelStore
from tests.serving import events

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

# A training takes the cores that nobody else wants, and on a busy machine minutes.
DEADLINE_SECONDS = 240.0

TRAIN, TEST = 200, 100
# What a client may be told while Redis is away, and where a camera has just been announced anew.
AWAY = 503


class Asking:
    """A client that asks without a pause, and notes every answer that is none of those it expects."""

    def __init__(self, http: httpx.Client, picture: bytes) -> None:
        """Ask about a picture, and about what is going on."""
        self.predictions = 0
        self.unexpected: list[str] = []
        self._http = http
        self._picture = picture

    def ask(self, paths: list[str]) -> None:
        """Ask for a prediction, which needs no Redis, and for what needs it."""
        answer = self._http.post("/v1/predictions", content=self._picture, headers={"Content-Type": "image/jpeg"})
        self.predictions += answer.is_success
        self._note("predictions", answer, {200})
        for path in paths:
            self._note(path, self._http.get(path), {200, AWAY})

    def _note(self, path: str, answer: httpx.Response, expected: set[int]) -> None:
        if answer.status_code not in expected:
            self.unexpected.append(f"{path}: {answer.status_code} {answer.text}")


@contextmanager
def asking(stack: "Running", picture: bytes, paths: list[str]) -> Iterator[Asking]:
    """Ask for as long as the block lasts; `paths` may grow meanwhile."""
    stopped = threading.Event()
    with stack.another_client() as http:
        asked = Asking(http, picture)

        def ask() -> None:
            while not stopped.wait(0.05):
                asked.ask(list(paths))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield asked
        finally:
            stopped.set()
            thread.join()


@contextmanager
def listening(stack: "Running") -> Iterator[list[str]]:
    """Listen to predictions on one connection for as long as the block lasts, and give the ids of the events."""
    heard: list[str] = []
    opened, closing = threading.Event(), threading.Event()

    def listen() -> None:
        with stack.another_client() as http, http.stream("GET", "/v1/predictions/stream") as response:
            opened.set()
            for event in events(response):
                heard.append(event.event_id)
                if closing.is_set():
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert opened.wait(60)
    yield heard
    closing.set()
    thread.join(60)
    assert not thread.is_alive()


def kill_redis(stack: "Running") -> None:
    """Let Redis lose all that it has, and die; wait until the process manager has started another."""
    stack.client.flushall()
    (server,) = stack.processes("redis-server")
    server.kill()
    stack.wait_for(
        "another Redis", lambda: [one.pid for one in stack.processes("redis-server")] not in ([], [server.pid])
    )


@pytest.fixture(scope="module")
def stack(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Running"]:
    """Give a stack with two drawn people before its cameras, which serves a version of others."""
    from tests.colour_model import publish_colours  # noqa: PLC0415 - TensorFlow takes seconds, and few tests need it

    home = tmp_path_factory.mktemp("lost") / "home"
    publish_colours(ModelStore(home))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAMILIAR_WEIGHTS", "random")
        with start_stack(home, "karan=synthetic:karan zoe=synthetic:zoe") as running:
            running.wait_for("both cameras", lambda: len(running.http.get("/v1/cameras").json()) == 2)
            running.wait_until_served(1)
            yield running


def test_enrolments_end_at_their_targets_and_listeners_go_on(stack: "Running", picture_of_karan: bytes) -> None:
    """Redis is lost twice, among train samples and among test samples; there is one session and no further sample."""
    begin_enrolment(stack.client, stack.samples, "karan", "Karan", Targets(40, 20, pause_seconds=0.5))
    begin_enrolment(stack.client, stack.samples, "zoe", "Zoe", Targets(TRAIN, TEST, pause_seconds=0.5))
    paths = ["/v1/enrolments", "/v1/training-jobs", "/v1/people", "/v1/models", "/v1/sightings", "/v1/services"]
    with asking(stack, picture_of_karan, paths) as asked, listening(stack) as heard:
        for split, least, most in ((Split.TRAIN, 60, TRAIN), (Split.TEST, 30, TEST)):
            stack.wait_for(f"{least} {split} samples", partial(_has, stack, split, least))
            paths.append("/v1/enrolments/zoe")
            kill_redis(stack)
            stack.wait_for("a sample after it", partial(_has, stack, split, min(_count(stack, split) + 1, most)))
            paths.remove("/v1/enrolments/zoe")
        stack.wait_for("all of Zoe", partial(_has, stack, Split.TEST, TEST))
        stack.wait_for("all of Karan", lambda: stack.samples.count("karan", Split.TEST) >= 20)
        stack.wait_for("an event after it", partial(_hears_more, heard, len(heard)))
        stack.wait_for("the trainer on the page", partial(_runs, stack, "trainer"))
    assert asked.unexpected == []
    assert len(set(heard)) == len(heard)
    assert (_count(stack, Split.TRAIN), _count(stack, Split.TEST)) == (TRAIN, TEST)
    assert [stack.samples.count("karan", split) for split in Split] == [40, 20]
    assert {person.sessions for person in stack.samples.people()} == {1}


def test_a_running_training_and_a_waiting_one_end_published_once(stack: "Running", picture_of_karan: bytes) -> None:
    """Each under its id, in their order, and polled without a gap."""
    running, waiting = (
        enqueue_training(stack.client, stack.trainings, TrainingOptions(base_width=0.25, epochs=epochs, force=True))
        for epochs in (10, 2)
    )
    paths = ["/v1/training-jobs", *(f"/v1/training-jobs/{job.job_id}" for job in (running, waiting))]
    with asking(stack, picture_of_karan, paths) as asked:
        stack.wait_for("the second epoch", lambda: _epochs(_job(stack, running.job_id)) >= 2)
        kill_redis(stack)
        for job, version in ((running, 2), (waiting, 3)):
            stack.wait_for("the job's end", partial(_has_ended, stack, job.job_id), seconds=2 * DEADLINE_SECONDS)
            ended = _job(stack, job.job_id)
            assert (ended["state"], ended["model_version"]) == (JobState.FINISHED, version), stack.logs()
        stack.wait_until_served(3)
    assert asked.unexpected == []
    assert stack.models.versions() == (1, 2, 3)
    assert [stack.models.manifest(version).job_id for version in (2, 3)] == [running.job_id, waiting.job_id]
    assert stack.client.llen("rq:queue:training") == 0


def _job(stack: "Running", job_id: str) -> dict[str, Any]:
    stack.wait_for("Redis", lambda: stack.http.get(f"/v1/training-jobs/{job_id}").status_code != AWAY)
    return dict(stack.http.get(f"/v1/training-jobs/{job_id}").json())


def _has_ended(stack: "Running", job_id: str) -> bool:
    return _job(stack, job_id)["state"] in {JobState.FINISHED, JobState.FAILED}


def _epochs(job: dict[str, Any]) -> int:
    return len(job["progress"]["epochs"]) if job["progress"] else 0


def _has(stack: "Running", split: Split, least: int) -> bool:
    return _count(stack, split) >= least


def _count(stack: "Running", split: Split) -> int:
    return stack.samples.count("zoe", split)


def _hears_more(heard: list[str], before: int) -> bool:
    return len(heard) > before


def _runs(stack: "Running", service: str) -> bool:
    services = stack.http.get("/v1/services").json()["services"]
    return any(one["running"] for one in services if one["service"] == service)

"""Redis is killed and comes back empty, in the middle of everything: nothing that was asked for is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from familiar.shared.contract.enrolment import EnrolmentState
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.redis.training_queue import enqueue_training
from tests.serving import events

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

TRAIN, TEST = 200, 100
# What a client may be told while Redis is away, and where a camera has just been announced anew.
AWAY = 503


class Asking:
    """A client that asks without a pause, and notes every answer that is none of those it expects."""

    def __init__(self, url: str, picture: bytes) -> None:
        """Ask `url` about a picture, and about what is going on."""
        self.predictions = 0
        self.unexpected: list[str] = []
        self._http = httpx.Client(base_url=url, timeout=60)
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
    asked, stopped = Asking(stack.stack.settings.url, picture), threading.Event()

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
        with httpx.stream("GET", f"{stack.stack.settings.url}/v1/predictions/stream", timeout=60) as response:
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


def test_redis_comes_back_empty_amid_enrolment_training_and_serving(
    start_stack: Callable[..., AbstractContextManager["Running"]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    picture_of_karan: bytes,
) -> None:
    """The enrolment ends at its targets in one session, and each training with one version, told under its id."""
    monkeypatch.setenv("FAMILIAR_WEIGHTS", "random")
    with start_stack(tmp_path / "home", "karan=synthetic:karan arjun=synthetic:arjun zoe=synthetic:zoe") as stack:
        stack.wait_for("all cameras", lambda: len(stack.http.get("/v1/cameras").json()) == 3)
        for name in ("Karan", "Arjun"):
            enrolled = stack.familiar("enrol", name, "--camera", name.lower(), "--train", "40", "--test", "20")
            assert enrolled.returncode == 0, enrolled.stderr
        assert stack.familiar("train", "--base-width", "0.25", "--epochs", "2").returncode == 0
        stack.wait_until_served(1)
        paths = ["/v1/enrolments", "/v1/training-jobs", "/v1/people", "/v1/models", "/v1/sightings", "/v1/services"]
        with asking(stack, picture_of_karan, paths) as asked, listening(stack) as heard:
            _enrol_through_two_losses(stack, paths)
            _train_through_a_loss(stack, paths)
            stack.wait_for("an event after it", partial(_hears_more, heard, len(heard)))
            stack.wait_for("the trainer on the page", partial(_runs, stack, "trainer"))
            before = asked.predictions
            stack.wait_for("a prediction", lambda: asked.predictions > before)
        assert asked.unexpected == []
        assert len(set(heard)) == len(heard)


def _enrol_through_two_losses(stack: "Running", paths: list[str]) -> None:
    begin_enrolment(stack.client, stack.samples, "zoe", "Zoe", Targets(TRAIN, TEST, pause_seconds=0.5))
    paths.append("/v1/enrolments/zoe")
    for split, least in ((Split.TRAIN, 60), (Split.TEST, 30)):
        stack.wait_for(f"{least} {split} samples", lambda split=split, least=least: _count(stack, split) >= least)  # type: ignore[misc]
        kill_redis(stack)

    def complete() -> bool:
        answer = stack.http.get("/v1/enrolments/zoe")
        return answer.is_success and answer.json()["state"] == EnrolmentState.COMPLETE

    stack.wait_for("the whole enrolment", complete)
    paths.remove("/v1/enrolments/zoe")
    assert (_count(stack, Split.TRAIN), _count(stack, Split.TEST)) == (TRAIN, TEST)
    assert stack.samples.person("zoe").sessions == 1


def _train_through_a_loss(stack: "Running", paths: list[str]) -> None:
    options = TrainingOptions(base_width=0.25, force=True)
    running, waiting = (enqueue_training(stack.client, stack.trainings, options) for _ in range(2))
    paths += [f"/v1/training-jobs/{job.job_id}" for job in (running, waiting)]
    stack.wait_for(
        "the second epoch", lambda: len((_job(stack, running.job_id)["progress"] or {}).get("epochs", ())) >= 2
    )
    kill_redis(stack)
    for job, version in ((running, 2), (waiting, 3)):
        stack.wait_for("the job's end", lambda job=job: _job(stack, job.job_id)["state"] in ("finished", "failed"))  # type: ignore[misc]
        ended = _job(stack, job.job_id)
        assert (ended["state"], ended["model_version"]) == (JobState.FINISHED, version), stack.logs()
    stack.wait_until_served(3)
    assert stack.models.versions() == (1, 2, 3)
    assert [stack.models.manifest(version).job_id for version in (2, 3)] == [running.job_id, waiting.job_id]
    assert stack.client.llen("rq:queue:training") == 0


def _job(stack: "Running", job_id: str) -> dict[str, Any]:
    stack.wait_for("Redis", lambda: stack.http.get(f"/v1/training-jobs/{job_id}").status_code != AWAY)
    return dict(stack.http.get(f"/v1/training-jobs/{job_id}").json())


def _count(stack: "Running", split: Split) -> int:
    return stack.samples.count("zoe", split)


def _hears_more(heard: list[str], before: int) -> bool:
    return len(heard) > before


def _runs(stack: "Running", service: str) -> bool:
    services = stack.http.get("/v1/services").json()["services"]
    return any(one["running"] for one in services if one["service"] == service)

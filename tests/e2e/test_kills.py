"""Processes that die at the worst moment: nothing is lost, and nothing is done twice."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState, TrainingJob
from familiar.shared.redis.enrolments import Targets, begin_enrolment, find_enrolment
from familiar.shared.redis.training_queue import enqueue_training, find_training

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

TRAIN, TEST = 200, 100
DEADLINE_SECONDS = 30.0


@pytest.fixture
def stack(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator["Running"]:
    """Give a stack with two drawn people before its cameras, one of them enrolled already."""
    monkeypatch.setenv("FAMILIAR_WEIGHTS", "random")
    with start_stack(tmp_path / "home", "karan=synthetic:karan arjun=synthetic:arjun") as running:
        running.wait_for("both cameras", lambda: len(running.http.get("/v1/cameras").json()) == 2)
        enrolled = running.familiar("enrol", "Arjun", "--camera", "arjun", "--train", "20", "--test", "10")
        assert enrolled.returncode == 0, enrolled.stderr
        yield running


def test_an_enrolment_and_a_training_survive_the_death_of_every_process(stack: "Running") -> None:
    """The enrolment ends with exactly 300 samples, and the training with a published version."""
    begin_enrolment(stack.client, stack.samples, "karan", "Karan", Targets(TRAIN, TEST, pause_seconds=0.5))

    def collected(least: int) -> bool:
        return stack.samples.count("karan", Split.TRAIN) + stack.samples.count("karan", Split.TEST) >= least

    for service, after in (("capture", 40), ("extractor", 100), ("inference", 160), ("extractor", 230)):
        stack.wait_for(f"{after} samples", partial(collected, after))
        kill_and_wait_for_another(stack, service)
    stack.wait_for("the whole enrolment", lambda: _enrolment(stack).state is EnrolmentState.COMPLETE)
    assert (stack.samples.count("karan", Split.TRAIN), stack.samples.count("karan", Split.TEST)) == (TRAIN, TEST)

    job = enqueue_training(stack.client, stack.trainings, TrainingOptions(base_width=0.25))
    stack.wait_for("the second epoch", lambda: _epochs(_job(stack, job)) >= 2)
    (horse,) = stack.process("trainer").children()
    horse.kill()
    stack.wait_for("the job's second try", lambda: _job(stack, job).state in (JobState.FINISHED, JobState.FAILED))
    assert _job(stack, job).state is JobState.FINISHED, stack.logs()
    assert _job(stack, job).model_version == stack.models.current()
    stack.wait_until_served(1)
    assert (stack.samples.count("karan", Split.TRAIN), stack.samples.count("karan", Split.TEST)) == (TRAIN, TEST)


def test_a_training_whose_worker_and_horse_die_goes_on_after_its_last_epoch(stack: "Running") -> None:
    """Another worker finds the job after about a minute; its version has ten epochs, and the first five ran once."""
    enrolled = stack.familiar("enrol", "Karan", "--camera", "karan", "--train", "20", "--test", "10")
    assert enrolled.returncode == 0, enrolled.stderr
    job = enqueue_training(stack.client, stack.trainings, TrainingOptions(base_width=0.25))
    stack.wait_for("the fifth epoch", lambda: _epochs(_job(stack, job)) >= 5)
    trainer = stack.process("trainer")
    (horse,) = trainer.children()
    trainer.kill()
    horse.kill()
    over = (JobState.FINISHED, JobState.FAILED)
    stack.wait_for("the job's end", lambda: _job(stack, job).state in over, seconds=200)
    assert _job(stack, job).state is JobState.FINISHED, stack.logs()
    manifest = stack.models.manifest(1)
    assert [epoch.epoch for epoch in manifest.history] == list(range(1, 11))
    assert 5 <= manifest.resumed_after < 10
    assert stack.models.current() == 1
    assert not list((stack.stack.settings.home / "models").glob("*.checkpoint"))


def test_a_work_horse_whose_worker_was_killed_ends_with_the_stack(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else would stop it; while the stack runs, it goes on."""
    monkeypatch.setenv("FAMILIAR_WEIGHTS", "random")
    home = tmp_path / "home"
    # The training waits for as long as that.
    with FileLock(home / "training.lock"):
        with start_stack(home) as stack:
            enqueue_training(stack.client, stack.trainings, TrainingOptions())
            stack.wait_for("the work horse", lambda: bool(stack.process("trainer").children()))
            (horse,) = stack.process("trainer").children()
            kill_and_wait_for_another(stack, "trainer")
            assert horse.is_running()
        horse.wait(DEADLINE_SECONDS)


def test_a_killed_redis_loses_no_enrolment(stack: "Running") -> None:
    """Whether it comes back with its data or without: the services, which waited, go on."""
    begin_enrolment(stack.client, stack.samples, "karan", "Karan", Targets(60, 30, pause_seconds=0.5))
    stack.wait_for("20 samples", lambda: stack.samples.count("karan", Split.TRAIN) >= 20)
    (server,) = stack.processes("redis-server")
    server.kill()
    stack.wait_for("all samples", lambda: stack.samples.count("karan", Split.TEST) >= 30)
    assert (stack.samples.count("karan", Split.TRAIN), stack.samples.count("karan", Split.TEST)) == (60, 30)
    stack.wait_for("the enrolment's end", lambda: _enrolment(stack).state is EnrolmentState.COMPLETE)


def kill_and_wait_for_another(stack: "Running", service: str) -> None:
    """Kill a service with SIGKILL, and wait until the process manager has started it again."""
    victim = stack.process(service)
    victim.kill()
    stack.wait_for(
        f"another {service}",
        lambda: any(process.pid != victim.pid for process in stack.processes(f"services.{service}")),
    )


def _enrolment(stack: "Running") -> Enrolment:
    enrolment = find_enrolment(stack.client, "karan")
    assert enrolment is not None
    return enrolment


def _job(stack: "Running", job: TrainingJob) -> TrainingJob:
    return find_training(stack.client, stack.trainings, job.job_id)


def _epochs(job: TrainingJob) -> int:
    return len(job.progress.epochs) if job.progress else 0

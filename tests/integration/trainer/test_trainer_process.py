"""The trainer as a process, whose Redis is emptied, killed, or has forgotten it; a training is held up for as long."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import redis
from filelock import FileLock
from rq.job import Job
from rq.serializers import JSONSerializer

from benchmarks.processes import own_redis
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.contract.training import JobState, TrainingJob
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import (
    TrainingRecords,
    enqueue_training,
    find_training,
    training_hosts,
    training_queue,
    training_records,
)
from tests.chaos.disk import missing_for_a_disk, small_disk

# Each work horse imports TensorFlow, at low priority.
DEADLINE_SECONDS = 240.0
HERE = {socket.gethostname()}


@dataclass(frozen=True)
class Trainer:
    """A trainer that runs, and what to ask it with."""

    process: "subprocess.Popen[bytes]"
    client: redis.Redis
    records: TrainingRecords

    def job(self, job: TrainingJob) -> TrainingJob:
        """Look at a job."""
        return find_training(self.client, self.records, job.job_id)

    def enqueue_and_wait_until_it_runs(self) -> TrainingJob:
        """Enqueue a training, and wait until it is held up."""
        job = enqueue_training(self.client, self.records, TrainingOptions())
        wait_until(lambda: (progress := self.job(job).progress) is not None and "waiting" in progress.step)
        return job

    def work_horses(self) -> list[psutil.Process]:
        """Find what trains."""
        return list(psutil.Process(self.process.pid).children())


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is true, or fail."""
    until = time.monotonic() + DEADLINE_SECONDS
    while not true():
        if time.monotonic() > until:
            pytest.fail(f"waited {DEADLINE_SECONDS:.0f} s in vain")
        time.sleep(0.05)


@contextmanager
def training(home: Path, redis_url: str, records: TrainingRecords) -> Iterator[Trainer]:
    """Run a trainer."""
    environment = {**os.environ, "FAMILIAR_HOME": str(home), "REDIS_URL": redis_url, "FAMILIAR_WEIGHTS": "random"}
    client = open_redis(redis_url)
    with subprocess.Popen([sys.executable, "-m", "familiar.services.trainer"], env=environment) as process:
        try:
            wait_until(lambda: training_hosts(client) == HERE)
            yield Trainer(process, client, records)
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(DEADLINE_SECONDS)
            client.close()


@pytest.fixture
def trainer(home: Path, client: redis.Redis, redis_url: str, records: TrainingRecords) -> Iterator[Trainer]:
    """Give a trainer without anybody to learn."""
    client.ping()
    with training(home, redis_url, records) as running:
        yield running


@pytest.fixture
def held_up(home: Path) -> Iterator[FileLock]:
    """Hold the lock of trainings, for which each waits that has begun."""
    lock = FileLock(home / "training.lock")
    with lock:
        yield lock


def expire(client: redis.Redis) -> None:
    """Let the worker's registration expire, as after 80 s without a heartbeat."""
    for key in client.keys("rq:worker*"):
        client.delete(key)


@pytest.mark.parametrize("lose", [expire, lambda client: client.flushall()], ids=["expired", "emptied"])
def test_a_trainer_that_redis_has_forgotten_registers_again(
    trainer: Trainer, lose: Callable[[redis.Redis], object]
) -> None:
    """After the machine slept, or Redis lost its data: nobody reads that it is not running."""
    trainer.process.send_signal(signal.SIGSTOP)
    lose(trainer.client)
    assert training_hosts(trainer.client) == set()
    trainer.process.send_signal(signal.SIGCONT)
    wait_until(lambda: training_hosts(trainer.client) == HERE)


@pytest.mark.usefixtures("held_up")
def test_a_trainer_that_is_forgotten_while_it_trains_registers_again(trainer: Trainer) -> None:
    """Not only when it is idle again."""
    trainer.enqueue_and_wait_until_it_runs()
    expire(trainer.client)
    wait_until(lambda: training_hosts(trainer.client) == HERE)


def test_a_training_that_waited_is_done_although_redis_lost_it(trainer: Trainer) -> None:
    """There is nobody to learn, which is told of the same job."""
    trainer.process.send_signal(signal.SIGSTOP)
    job = enqueue_training(trainer.client, trainer.records, TrainingOptions())
    trainer.client.flushall()
    assert trainer.job(job).state is JobState.QUEUED
    trainer.process.send_signal(signal.SIGCONT)
    wait_until(lambda: trainer.job(job).state is JobState.FAILED)
    error = trainer.job(job).error
    assert error is not None
    assert error.code == "too-few-people"


def test_a_training_that_runs_while_redis_is_emptied_goes_on_and_its_end_is_told(
    trainer: Trainer, held_up: FileLock
) -> None:
    """As running, with its progress, by the same work horse, and never beside itself; afterwards with its result."""
    job = trainer.enqueue_and_wait_until_it_runs()
    before, (horse,) = trainer.job(job), trainer.work_horses()
    trainer.client.flushall()
    assert trainer.job(job) == before
    key = f"rq:job:{job.job_id}"
    wait_until(lambda: trainer.client.hexists(key, "data"))
    assert (trainer.job(job).state, trainer.job(job).progress) == (JobState.STARTED, before.progress)
    assert trainer.work_horses() == [horse]
    held_up.release()
    wait_until(lambda: trainer.job(job).state is JobState.FAILED)
    error = trainer.job(job).error
    wait_until(lambda: trainer.work_horses() == [])
    assert training_queue(trainer.client).get_job_ids() == []
    trainer.client.flushall()
    assert trainer.job(job).error == error
    assert error is not None
    assert error.code == "too-few-people"


def test_a_job_of_plain_rq_that_runs_is_recorded_before_it_begins(trainer: Trainer, held_up: FileLock) -> None:
    """It is told of when Redis has lost it."""
    queued = training_queue(trainer.client).enqueue(redis_names.TRAINING_JOB, kwargs={"epochs": 3})
    wait_until(lambda: (record := trainer.records.find(queued.id)) is not None and record.options == {"epochs": 3})
    trainer.client.flushall()
    held_up.release()

    def failed() -> bool:
        return find_training(trainer.client, trainer.records, queued.id).state is JobState.FAILED

    wait_until(failed)


@pytest.mark.usefixtures("held_up")
@pytest.mark.parametrize("retries", [3, 1])
def test_a_trainer_that_is_told_to_stop_uses_up_no_retry(trainer: Trainer, retries: int) -> None:
    """The training waits for the next trainer, with as many retries as it had."""
    trainer.process.send_signal(signal.SIGSTOP)
    job = enqueue_training(trainer.client, trainer.records, TrainingOptions())
    trainer.client.hset(f"rq:job:{job.job_id}", "retries_left", retries)
    trainer.process.send_signal(signal.SIGCONT)
    wait_until(lambda: trainer.job(job).state is JobState.STARTED)
    trainer.process.terminate()
    trainer.process.wait(DEADLINE_SECONDS)
    waiting = Job.fetch(job.job_id, connection=trainer.client, serializer=JSONSerializer)
    assert (trainer.job(job).state, waiting.retries_left) == (JobState.QUEUED, retries)


def test_a_trainer_outlasts_a_redis_that_is_killed_and_comes_back_empty(
    home: Path, tmp_path: Path, records: TrainingRecords, held_up: FileLock
) -> None:
    """The same process and the same work horse go on; in a container the work horse would die with the process."""
    with ExitStack() as servers, ExitStack() as trainers:
        first = servers.enter_context(own_redis(tmp_path / "redis"))
        trainer = trainers.enter_context(training(home, first, records))
        job = trainer.enqueue_and_wait_until_it_runs()
        (horse,) = trainer.work_horses()
        servers.close()
        with pytest.raises(subprocess.TimeoutExpired):
            # Several heartbeats find nobody.
            trainer.process.wait(4)
        with own_redis(tmp_path / "redis"):
            wait_until(lambda: training_hosts(trainer.client) == HERE)
            wait_until(lambda: bool(trainer.client.hexists(f"rq:job:{job.job_id}", "data")))
            assert trainer.work_horses() == [horse]
            assert trainer.job(job).state is JobState.STARTED
            held_up.release()
            wait_until(lambda: trainer.job(job).state is JobState.FAILED)
            trainer.process.terminate()
            trainer.process.wait(DEADLINE_SECONDS)


def test_a_job_of_plain_rq_fails_by_name_on_a_full_disk_and_the_trainer_goes_on(
    client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    """The job has no record yet, and can get none."""
    if reason := missing_for_a_disk():
        pytest.skip(reason)
    client.ping()
    with small_disk(tmp_path) as disk:
        records = training_records(disk.folder / "home")
        with training(disk.folder / "home", redis_url, records) as trainer:
            with disk.full():
                queued = training_queue(client).enqueue(redis_names.TRAINING_JOB)

                def failed() -> bool:
                    assert trainer.process.poll() is None
                    return find_training(client, records, queued.id).state is JobState.FAILED

                wait_until(failed)
            error = find_training(client, records, queued.id).error
            assert error is not None
            assert error.code == "disk-full"

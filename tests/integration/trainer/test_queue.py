"""Training jobs on a real Redis: JSON on the wire, and whoever enqueues needs nothing of ours."""

import pickle
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from familiar.services.trainer.job import train
from familiar.services.trainer.rq_worker import _TrainingJob as SafeJob
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import InvalidRequest, UnknownJob
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.contract.training import JobState, TrainingJob
from familiar.shared.redis.training_queue import (
    TrainingRecords,
    enqueue_training,
    find_training,
    list_trainings,
    training_hosts,
)
from tests.app_client import Site

DEADLINE_SECONDS = 20.0


def job_of(client: redis.Redis, job: TrainingJob) -> Job:
    """Look at a job as RQ sees it."""
    return Job.fetch(job.job_id, connection=client, serializer=JSONSerializer)


def rq_enqueue(redis_url: str, *words: str) -> str:
    """Enqueue with RQ's own command line, and give the job's id."""
    command = [str(Path(sys.executable).with_name("rq")), "enqueue", "--url", redis_url, "--queue", "training", *words]
    subprocess.run(
        [*command, "--job-id", "by-hand"], check=True, capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    return "by-hand"


def test_jobs_are_listed_newest_first_whether_they_wait_or_have_ended(
    client: redis.Redis, records: TrainingRecords
) -> None:
    """One that Redis has lost is listed as recorded, one that nobody recorded is not, and looking changes nothing."""
    assert list_trainings(client, records) == ()
    ended, lost, gone, waiting = (enqueue_training(client, records, TrainingOptions(seed=seed)) for seed in range(4))
    queue = Queue("training", connection=client, serializer=JSONSerializer)
    queue.remove(ended.job_id)
    job = job_of(client, ended)
    job.set_status(JobStatus.FAILED)
    queue.failed_job_registry.add(job, ttl=60)
    client.delete(job_of(client, lost).key, job_of(client, gone).key)
    records.remove(gone.job_id)
    listed = list_trainings(client, records)
    assert [(job.job_id, job.state) for job in listed] == [
        (waiting.job_id, JobState.QUEUED),
        (lost.job_id, JobState.QUEUED),
        (ended.job_id, JobState.FAILED),
    ]
    assert list_trainings(client, records) == listed


def test_the_list_of_jobs_is_answered_over_http(client: redis.Redis, records: TrainingRecords, site: Site) -> None:
    """As each is by itself."""
    job = enqueue_training(client, records, TrainingOptions())
    listed = site.ask("GET", "/v1/training-jobs").json()
    assert [TrainingJob.model_validate(one) for one in listed] == [job]


def test_a_job_that_was_enqueued_is_found_by_its_id(client: redis.Redis, records: TrainingRecords) -> None:
    """It waits, and nothing has come of it yet."""
    job = enqueue_training(client, records, TrainingOptions())
    assert find_training(client, records, job.job_id) == job
    assert (job.state, job.progress, job.model_version, job.error) == (JobState.QUEUED, None, None, None)
    assert job.enqueued_at is not None
    assert abs(datetime.now(UTC) - job.enqueued_at) < timedelta(minutes=1)


def test_a_job_names_the_trainers_function_and_the_options_that_differ(
    client: redis.Redis, records: TrainingRecords
) -> None:
    """It is on the queue `training`, and tried again if its worker dies."""
    job = enqueue_training(client, records, TrainingOptions(epochs=3, base_width=0.25))
    found = job_of(client, job)
    assert (found.func_name, found.kwargs) == (redis_names.TRAINING_JOB, {"epochs": 3, "base_width": 0.25})
    assert not found.args
    assert client.lrange("rq:queue:training", 0, -1) == [job.job_id.encode()]
    assert found.retries_left == 3


def test_the_job_hash_holds_json_and_never_pickle(client: redis.Redis, records: TrainingRecords) -> None:
    """Nothing that a worker reads of it can run code."""
    job = enqueue_training(client, records, TrainingOptions(epochs=3))
    fields: dict[Any, Any] = client.hgetall(f"rq:job:{job.job_id}")

    assert JSONSerializer.loads(zlib.decompress(fields[b"data"]))[0] == redis_names.TRAINING_JOB
    for value in fields.values():
        with pytest.raises((pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError, AttributeError)):
            pickle.loads(value)  # noqa: S301 - that it cannot be is the fact


def test_a_training_over_http_takes_every_option(client: redis.Redis, site: Site) -> None:
    """What is asked for is what the trainer is told."""
    asked = {"base": "mobilenet", "false_names": 0.05, "base_width": 0.5, "weights": "random", "epochs": 3, "seed": 1}
    asked |= {"force": True, "serving": "int8"}
    job = TrainingJob.model_validate(site.ask("POST", "/v1/training-jobs", json=asked).json())
    assert job_of(client, job).kwargs == asked
    assert asked.keys() == TrainingOptions.model_fields.keys()


@pytest.mark.parametrize("job_id", ["nobody", "", "../x", "a b", "x" * 300])
def test_a_job_that_there_is_not_is_unknown(client: redis.Redis, records: TrainingRecords, job_id: str) -> None:
    """The sentence says that finished jobs are forgotten."""
    with pytest.raises(UnknownJob, match="forgotten after a day"):
        find_training(client, records, job_id)


def test_rqs_own_command_line_enqueues_a_job_that_is_understood(
    client: redis.Redis, records: TrainingRecords, redis_url: str
) -> None:
    """Anybody may ask for a training, with options as words."""
    job_id = rq_enqueue(redis_url, "--serializer", "json", redis_names.TRAINING_JOB, "epochs:=3", "base=mobilenet")
    job = find_training(client, records, job_id)
    assert (job.job_id, job.state, job.error) == (job_id, JobState.QUEUED, None)
    assert job_of(client, job).kwargs == {"epochs": 3, "base": "mobilenet"}


def test_a_job_that_was_pickled_is_described_all_the_same(
    client: redis.Redis, records: TrainingRecords, redis_url: str
) -> None:
    """Without `--serializer json` RQ's command line pickles; whoever asks gets an answer, and no pickle is read."""
    job_id = rq_enqueue(redis_url, redis_names.TRAINING_JOB)
    assert find_training(client, records, job_id).state is JobState.QUEUED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (JobStatus.QUEUED, JobState.QUEUED),
        (JobStatus.SCHEDULED, JobState.QUEUED),
        (JobStatus.STARTED, JobState.STARTED),
        (JobStatus.FAILED, JobState.FAILED),
        (JobStatus.STOPPED, JobState.FAILED),
        (JobStatus.CANCELED, JobState.FAILED),
    ],
)
def test_what_rq_says_of_a_job_is_one_of_four_states(
    client: redis.Redis, records: TrainingRecords, status: JobStatus, state: JobState
) -> None:
    """What waits is queued, and what will never run has failed."""
    job = enqueue_training(client, records, TrainingOptions())
    job_of(client, job).set_status(status)
    assert find_training(client, records, job.job_id).state is state


def test_a_job_that_failed_without_a_named_error_says_where_to_look(
    client: redis.Redis, records: TrainingRecords
) -> None:
    """Its worker was killed, or there is a bug."""
    job = enqueue_training(client, records, TrainingOptions())
    job_of(client, job).set_status(JobStatus.FAILED)
    error = find_training(client, records, job.job_id).error
    assert error is not None
    assert "log" in error.detail


def test_jobs_are_worked_through_in_the_order_in_which_they_were_enqueued(
    client: redis.Redis, records: TrainingRecords
) -> None:
    """The queue is a queue."""
    ids = [enqueue_training(client, records, TrainingOptions()).job_id for _ in range(3)]
    assert Queue("training", connection=client, serializer=JSONSerializer).get_job_ids() == ids


def test_without_a_worker_no_host_trains(client: redis.Redis) -> None:
    """Then a job only waits."""
    assert training_hosts(client) == set()


@pytest.mark.parametrize("name", [redis_names.TRAINING_JOB, "services.trainer.job.train"])
def test_a_job_is_run_by_its_former_name_too(client: redis.Redis, name: str) -> None:
    """Whoever enqueued it before the package had one name need not do so again."""
    job = Queue("training", connection=client, serializer=JSONSerializer).enqueue(name)
    assert SafeJob.fetch(job.id, connection=client, serializer=JSONSerializer).func is train


def test_no_other_name_is_run(client: redis.Redis) -> None:
    """RQ would import and call it."""
    job = Queue("training", connection=client, serializer=JSONSerializer).enqueue("os.getpid")
    with pytest.raises(InvalidRequest, match="no job but"):
        _ = SafeJob.fetch(job.id, connection=client, serializer=JSONSerializer).func

"""Redis loses its data while trainings wait: their records bring them back, each once."""

import stat
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import redis
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from familiar.services.trainer.training_mirror import TrainingMirror
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import TrainingQueueFull, UnknownJob
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import (
    MOST_LISTED,
    MOST_WAITING,
    TrainingRecords,
    enqueue_training,
    find_training,
    list_trainings,
    training_queue,
)
from tests.app_client import Site
from tests.builders import closed_port


@pytest.fixture
def mirror(client: redis.Redis, records: TrainingRecords) -> TrainingMirror:
    """Give what the trainer compares the queue and the records with."""
    return TrainingMirror(training_queue(client), records)


def fetch(client: redis.Redis, job_id: str) -> Job:
    """Look at a job as RQ sees it."""
    return Job.fetch(job_id, connection=client, serializer=JSONSerializer)


def end(client: redis.Redis, job_id: str, status: JobStatus) -> None:
    """Let a job that waits end, as RQ notes it."""
    queue = training_queue(client)
    queue.remove(job_id)
    fetch(client, job_id).set_status(status)


def test_what_waited_is_enqueued_again_once_and_in_its_order(
    client: redis.Redis, records: TrainingRecords, mirror: TrainingMirror
) -> None:
    """With the same ids, options, retries and times of creation, by which a run that published is told."""
    jobs = [enqueue_training(client, records, TrainingOptions(seed=seed)) for seed in range(3)]
    created = {job.job_id: fetch(client, job.job_id).created_at.replace(tzinfo=UTC) for job in jobs}
    client.flushall()
    for _ in range(2):
        mirror.reconcile(running=())
    assert training_queue(client).get_job_ids() == [job.job_id for job in jobs]
    for seed, job in enumerate(jobs):
        found = fetch(client, job.job_id)
        assert found.kwargs == ({"seed": seed} if seed else {})
        assert (found.retries_left, found.func_name) == (3, redis_names.TRAINING_JOB)
        assert timedelta(0) <= created[job.job_id] - found.created_at.replace(tzinfo=UTC) < timedelta(milliseconds=1)
        assert find_training(client, records, job.job_id).state is JobState.QUEUED


def test_a_job_of_plain_rq_is_recorded_and_comes_back(client: redis.Redis, mirror: TrainingMirror) -> None:
    """One that is no training, or has arguments that make no sense, is left to RQ."""
    queue = training_queue(client)
    outside = queue.enqueue(redis_names.TRAINING_JOB, kwargs={"epochs": 3})
    queue.enqueue("os.getpid")
    queue.enqueue(redis_names.TRAINING_JOB, args=(3,))
    mirror.reconcile(running=())
    client.flushall()
    mirror.reconcile(running=())
    assert queue.get_job_ids() == [outside.id]
    assert fetch(client, outside.id).kwargs == {"epochs": 3}


def test_of_a_flood_of_plain_rq_only_the_next_are_recorded(
    client: redis.Redis, records: TrainingRecords, mirror: TrainingMirror
) -> None:
    """Each record is a file; the others are recorded as they come nearer."""
    for _ in range(MOST_WAITING * 3):
        training_queue(client).enqueue(redis_names.TRAINING_JOB)
    mirror.reconcile(running=())
    assert MOST_WAITING <= len(records.all()) <= MOST_WAITING + 1


def test_a_job_that_runs_is_not_enqueued_beside(
    client: redis.Redis, records: TrainingRecords, mirror: TrainingMirror
) -> None:
    """Its worker restores it as running."""
    job = enqueue_training(client, records, TrainingOptions())
    client.flushall()
    mirror.reconcile(running={job.job_id})
    assert training_queue(client).get_job_ids() == []


@pytest.mark.parametrize(("status", "state"), [(JobStatus.FAILED, "failed"), (JobStatus.CANCELED, "failed")])
def test_how_a_job_ended_is_remembered_and_it_is_not_run_again(
    client: redis.Redis, records: TrainingRecords, mirror: TrainingMirror, status: JobStatus, state: str
) -> None:
    """Its worker died for the last time, or somebody cancelled it with RQ."""
    job = enqueue_training(client, records, TrainingOptions())
    end(client, job.job_id, status)
    mirror.reconcile(running=())
    before = find_training(client, records, job.job_id)
    client.flushall()
    mirror.reconcile(running=())
    assert find_training(client, records, job.job_id) == before
    assert before.state == state
    assert before.error is not None
    assert training_queue(client).get_job_ids() == []


def test_ended_jobs_are_forgotten_after_a_day_and_all_but_the_newest_before(
    client: redis.Redis, records: TrainingRecords, mirror: TrainingMirror
) -> None:
    """Those that wait are kept."""
    ended = []
    for _ in range(MOST_LISTED + 2):
        job = enqueue_training(client, records, TrainingOptions())
        end(client, job.job_id, JobStatus.FAILED)
        mirror.reconcile(running=())
        ended.append(job.job_id)
    waiting = enqueue_training(client, records, TrainingOptions())
    mirror.reconcile(running=())
    assert {record.job.job_id for record in records.all()} == {*ended[2:], waiting.job_id}
    for record in records.all():
        if record.ended_at is not None:
            long_ago = record.ended_at - timedelta(days=1, seconds=1)
            records.write(record.job.job_id, record.model_copy(update={"ended_at": long_ago}))
    mirror.reconcile(running=())
    assert [record.job.job_id for record in records.all()] == [waiting.job_id]
    client.flushall()
    with pytest.raises(UnknownJob):
        find_training(client, records, ended[-1])


def test_in_the_gap_a_job_is_answered_from_its_record(
    client: redis.Redis, records: TrainingRecords, site: Site
) -> None:
    """By its id and in the list; a job of which only a part is in Redis has been lost, too."""
    job = enqueue_training(client, records, TrainingOptions())
    client.flushall()
    client.hset(f"rq:job:{job.job_id}", "meta", "{}")
    answer = site.ask("GET", f"/v1/training-jobs/{job.job_id}")
    assert (answer.status_code, answer.json()) == (200, job.model_dump(mode="json"))
    assert site.ask("GET", "/v1/training-jobs").json() == [answer.json()]
    assert list_trainings(client, records) == (job,)


def test_a_record_that_cannot_be_read_is_passed_over(
    client: redis.Redis, records: TrainingRecords, mirror: TrainingMirror, home: Path
) -> None:
    """And the others come back."""
    job = enqueue_training(client, records, TrainingOptions())
    (home / "trainings" / "broken.json").write_text("{")
    client.flushall()
    mirror.reconcile(running=())
    assert training_queue(client).get_job_ids() == [job.job_id]
    assert stat.S_IMODE((home / "trainings" / f"{job.job_id}.json").stat().st_mode) == 0o600


def test_a_training_that_could_not_be_enqueued_is_not_done_later(records: TrainingRecords) -> None:
    """Redis was away, and whoever asked was told."""
    away = open_redis(f"redis://127.0.0.1:{closed_port()}/0")
    with pytest.raises(redis.ConnectionError):
        enqueue_training(away, records, TrainingOptions())
    assert records.all() == ()


def test_only_so_many_trainings_wait(
    client: redis.Redis, records: TrainingRecords, site: Site, mirror: TrainingMirror
) -> None:
    """The next is refused by name, with the time after which to ask again; a loss makes no room, an end does."""
    jobs = [enqueue_training(client, records, TrainingOptions()) for _ in range(MOST_WAITING)]
    client.flushall()
    refused = site.ask("POST", "/v1/training-jobs", json={})
    assert (refused.status_code, refused.json()["code"]) == (429, "training-queue-full")
    assert int(refused.headers["Retry-After"]) > 0
    mirror.reconcile(running=())
    with pytest.raises(TrainingQueueFull):
        enqueue_training(client, records, TrainingOptions())
    assert training_queue(client).count == MOST_WAITING
    end(client, jobs[0].job_id, JobStatus.FAILED)
    mirror.reconcile(running=())
    assert site.ask("POST", "/v1/training-jobs", json={}).status_code == 202

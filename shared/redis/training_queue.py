"""Training jobs on RQ, from the client's side: enqueueing them and reading their state.

Each accepted training has a record on disk, which outlives Redis: the trainer enqueues again what Redis has lost. Jobs
are enqueued by dotted name and serialised as JSON, so clients need none of the trainer's code.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import redis
from pydantic import ValidationError
from rq import Queue, Retry
from rq.exceptions import DeserializationError, InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import BaseRegistry
from rq.serializers import JSONSerializer
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import TrainingQueueFull, UnknownJob
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.contract.training import (
    JobError,
    JobState,
    TrainingJob,
    TrainingProgress,
    TrainingRecord,
    waiting_job,
)
from familiar.shared.stores.records import Records

RETRIES = 3
JOB_TIMEOUT_SECONDS = 6 * 3600
RESULT_SECONDS = 24 * 3600
MOST_LISTED = 20
# Trainings that have not ended, the running one included. A queue is there to wait in, not to fill a day.
MOST_WAITING = 20
# A worker without a heartbeat for so long is gone.
WORKER_SECONDS = 20

TrainingRecords = Records[TrainingRecord]

# Keys of a job's `meta`.
PROGRESS = "progress"
REJECTED = "rejected"
ERROR = "error"

# All other RQ states are kinds of waiting: for a retry, another job, or a scheduled time.
_STATES = {
    JobStatus.STARTED: JobState.STARTED,
    JobStatus.FINISHED: JobState.FINISHED,
    JobStatus.FAILED: JobState.FAILED,
    JobStatus.STOPPED: JobState.FAILED,
    JobStatus.CANCELED: JobState.FAILED,
}
_ENDED = {JobState.FINISHED, JobState.FAILED}


def training_records(home: Path) -> TrainingRecords:
    """Return the records of training jobs, by job id."""
    return Records(home, "trainings", TrainingRecord)


def enqueue_training(
    client: redis.Redis, records: TrainingRecords, options: TrainingOptions, job_id: str | None = None
) -> TrainingJob:
    """Accept a training: record it, then enqueue it; if its worker dies, it is retried up to `RETRIES` times.

    By default its id is new.

    Raises:
        TrainingQueueFull: `MOST_WAITING` trainings have not ended.
        OSError: the disk is full; nothing was enqueued.
    """
    job_id, now = job_id or str(uuid4()), datetime.now(UTC)
    asked = options.model_dump(mode="json", exclude_defaults=True)
    record = TrainingRecord(job=waiting_job(job_id, now), options=asked, created_at=now)
    with records.lock:
        if sum(record.ended_at is None for record in records.all()) >= MOST_WAITING:
            raise TrainingQueueFull
        records.write(job_id, record)
        try:
            return enqueue_recorded(training_queue(client), records, record)
        except BaseException:
            records.remove(job_id)
            raise


def enqueue_recorded(queue: Queue, records: TrainingRecords, record: TrainingRecord) -> TrainingJob:
    """Enqueue the job of a record, under its id and with its time of creation, and record when; hold the lock."""
    job = queue.create_job(
        redis_names.TRAINING_JOB,
        kwargs=record.options,
        timeout=JOB_TIMEOUT_SECONDS,
        result_ttl=RESULT_SECONDS,
        failure_ttl=RESULT_SECONDS,
        job_id=record.job.job_id,
        retry=Retry(max=RETRIES),
    )
    job.created_at = record.created_at
    waiting = describe_training(queue.enqueue_job(job))
    records.write(job.id, record.model_copy(update={"job": waiting}))
    return waiting


def enqueue_training_once(
    client: redis.Redis, records: TrainingRecords, options: TrainingOptions, job_id: str
) -> TrainingJob:
    """Enqueue a training job under an id, unless it was before or another one is waiting, which is returned then."""
    waiting = (record.job.job_id for record in records.all() if record.job.state is JobState.QUEUED)
    for known in (job_id, *training_queue(client).get_job_ids(), *waiting):
        with suppress(UnknownJob):
            return find_training(client, records, known)
    return enqueue_training(client, records, options, job_id)


def delete_ended_trainings(client: redis.Redis, speaks_of: Callable[[str], bool]) -> int:
    """Delete the jobs that have ended and whose error or outcome `speaks_of`, and return their number."""
    # Not from the registries: who is killed while deleting leaves jobs that stand in none.
    prefix = Job.redis_job_namespace_prefix
    keys = (key.decode().removeprefix(prefix) for key in client.scan_iter(match=f"{prefix}*"))
    job_ids = [job_id for job_id in keys if ":" not in job_id]
    deleted = 0
    for job in Job.fetch_many(job_ids, connection=client, serializer=JSONSerializer):
        if job is not None and _STATES.get(job.get_status()) in _ENDED and speaks_of(_said_by(job)):
            job.delete()
            deleted += 1
    return deleted


def record_of(job: Job) -> TrainingRecord | None:
    """Return the record of a job that waits, or None if it is no training, or pickled."""
    try:
        if job.func_name not in {redis_names.TRAINING_JOB, redis_names.FORMER_TRAINING_JOB} or job.args:
            return None
        enqueued_at = (job.enqueued_at or job.created_at).replace(tzinfo=UTC)
        created_at = job.created_at.replace(tzinfo=UTC)
        return TrainingRecord(job=waiting_job(job.id, enqueued_at), options=job.kwargs, created_at=created_at)
    except (DeserializationError, ValidationError):
        return None


def find_training(client: redis.Redis, records: TrainingRecords, job_id: str) -> TrainingJob:
    """Return a job by id, as it was recorded where Redis has lost it.

    Raises:
        UnknownJob: there is none of that id.
    """
    found = _find(client, job_id)
    if found is not None:
        return found[1]
    record = records.find(job_id)
    if record is None:
        raise UnknownJob(f"There is no training job {job_id!r}. {UnknownJob().detail}")
    return record.job


def list_trainings(client: redis.Redis, records: TrainingRecords) -> tuple[TrainingJob, ...]:
    """Return the newest training jobs, newest first, at most `MOST_LISTED`, without cleaning registries."""
    queue = training_queue(client)
    listed: list[Any] = [client.zrange(registry.key, 0, -1) for registry, _ in _registries(queue)]
    listed.append(client.lrange(queue.key, 0, -1))
    # In the registry of started jobs, the id of the execution follows.
    job_ids = {entry.partition(b":")[0].decode(errors="replace") for entries in listed for entry in entries}
    found = {job_id: job for job_id in job_ids if (job := _find(client, job_id)) is not None}
    recorded = {record.job.job_id: (record.created_at, record.job) for record in records.all()}
    newest = sorted((recorded | found).values(), key=lambda job: job[0], reverse=True)
    return tuple(job for _, job in newest[:MOST_LISTED])


def count_trainings(client: redis.Redis) -> dict[JobState, int]:
    """Count the training jobs in Redis by state, without cleaning registries."""
    queue = training_queue(client)
    counts = dict.fromkeys(JobState, 0)
    for registry, state in _registries(queue):
        counts[state] += registry.get_job_count(cleanup=False)
    counts[JobState.QUEUED] += queue.count
    return counts


def training_hosts(client: redis.Redis) -> set[str]:
    """Return the hosts with a training worker that sent a heartbeat within `WORKER_SECONDS`."""
    latest = datetime.now(UTC) - timedelta(seconds=WORKER_SECONDS)
    hosts = set()
    keys: Any = client.smembers(WORKERS_BY_QUEUE_KEY % redis_names.TRAINING_QUEUE)
    for key in keys:
        fields: Any = client.hmget(key, "hostname", "last_heartbeat")
        hostname, heartbeat = (text or b"" for text in fields)
        # What is no worker's has no time.
        with suppress(ValueError):
            if hostname and datetime.fromisoformat(heartbeat.decode()).replace(tzinfo=UTC) >= latest:
                hosts.add(hostname.decode())
    return hosts


def training_queue(client: redis.Redis) -> Queue:
    """Return the queue of training jobs, serialised as JSON."""
    return Queue(redis_names.TRAINING_QUEUE, connection=client, serializer=JSONSerializer)


def _registries(queue: Queue) -> tuple[tuple[BaseRegistry, JobState], ...]:
    """Return the registries of jobs outside the queue itself, each with the state of its jobs."""
    return (
        (queue.scheduled_job_registry, JobState.QUEUED),
        (queue.deferred_job_registry, JobState.QUEUED),
        (queue.started_job_registry, JobState.STARTED),
        (queue.finished_job_registry, JobState.FINISHED),
        (queue.failed_job_registry, JobState.FAILED),
        (queue.canceled_job_registry, JobState.FAILED),
    )


def _said_by(job: Job) -> str:
    """Return all words that an ended job left: its outcome, and the traceback of its error."""
    texts = (result.exc_string for result in job.results())
    return "\n".join((json.dumps(job.get_meta(refresh=False), ensure_ascii=False), *filter(None, texts)))


def _find(client: redis.Redis, job_id: str) -> tuple[datetime, TrainingJob] | None:
    """Return when a job was created and what it is now; None where there is none, or what is there is none."""
    try:
        job = Job.fetch(job_id, connection=client, serializer=JSONSerializer)
        return job.created_at.replace(tzinfo=UTC), describe_training(job)
    except (
        NoSuchJobError,
        InvalidJobOperation,
        ValueError,
        TypeError,
        AttributeError,
        DeserializationError,
    ):
        # RQ raises a ValueError for an id that no job can have, and reads the fields of a job without checks.
        return None


def describe_training(job: Job) -> TrainingJob:
    """Return the current state of a job in Redis.

    Raises:
        rq.exceptions.InvalidJobOperation: Redis has lost it.
    """
    status = job.get_status(refresh=True)
    state = _STATES.get(status, JobState.QUEUED) if status is not None else JobState.FAILED
    meta = job.get_meta(refresh=True)
    progress = meta.get(PROGRESS)
    error = meta.get(ERROR)
    if state is JobState.FAILED and error is None:
        error = {
            "code": "failed",
            "detail": "The training failed in a way it has no name for; the trainer's log tells.",
        }
    return TrainingJob(
        job_id=job.id,
        state=state,
        enqueued_at=job.enqueued_at.replace(tzinfo=UTC) if isinstance(job.enqueued_at, datetime) else None,
        progress=TrainingProgress.model_validate(progress) if progress else None,
        model_version=cast("int | None", job.return_value()) if state is JobState.FINISHED else None,
        rejected=meta.get(REJECTED) if state is JobState.FINISHED else None,
        error=JobError.model_validate(error) if error else None,
    )

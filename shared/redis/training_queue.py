"""Training jobs on RQ, from the client's side: enqueueing them and reading their state.

Jobs are enqueued by dotted name and serialised as JSON, so clients need none of the trainer's code.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import cast

import redis
from rq import Queue, Retry, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import BaseRegistry
from rq.serializers import JSONSerializer

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownJob
from familiar.shared.contract.messages import Epoch, Message, Time, TrainingOptions

RETRIES = 3
JOB_TIMEOUT_SECONDS = 6 * 3600
RESULT_SECONDS = 24 * 3600
MOST_LISTED = 20
# As a worker's TTL, this makes RQ send idle heartbeats every 5 s (RQ subtracts 15); without one for so long it is gone.
WORKER_SECONDS = 20

# Keys of a job's `meta`.
PROGRESS = "progress"
REJECTED = "rejected"
ERROR = "error"


class JobState(StrEnum):
    """The state of a training job."""

    QUEUED = "queued"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"


# All other RQ states are kinds of waiting: for a retry, another job, or a scheduled time.
_STATES = {
    JobStatus.STARTED: JobState.STARTED,
    JobStatus.FINISHED: JobState.FINISHED,
    JobStatus.FAILED: JobState.FAILED,
    JobStatus.STOPPED: JobState.FAILED,
    JobStatus.CANCELED: JobState.FAILED,
}


class JobError(Message):
    """Why a job failed."""

    code: str
    """The error's code, for programs."""
    detail: str
    """A sentence that says what to do."""


class TrainingProgress(Message):
    """The progress of a training."""

    step: str
    """The current step, in words."""
    epochs_total: int
    epochs: tuple[Epoch, ...] = ()
    """The completed epochs."""


class TrainingJob(Message):
    """The current state of a training job."""

    job_id: str
    state: JobState
    enqueued_at: Time | None
    progress: TrainingProgress | None
    model_version: int | None
    """The version that a finished job produced."""
    rejected: str | None
    """Why that version was rejected as worse than the served one; null if it was not."""
    error: JobError | None


def enqueue_training(client: redis.Redis, options: TrainingOptions) -> TrainingJob:
    """Enqueue a training job; if its worker dies, it is retried up to `RETRIES` times."""
    job = training_queue(client).enqueue(
        redis_names.TRAINING_JOB,
        kwargs=options.model_dump(mode="json", exclude_defaults=True),
        job_timeout=JOB_TIMEOUT_SECONDS,
        result_ttl=RESULT_SECONDS,
        failure_ttl=RESULT_SECONDS,
        retry=Retry(max=RETRIES),
    )
    return _describe(job)


def find_training(client: redis.Redis, job_id: str) -> TrainingJob:
    """Return a job by id.

    Raises:
        UnknownJob: there is none of that id.
    """
    try:
        return _describe(Job.fetch(job_id, connection=client, serializer=JSONSerializer))
    except (NoSuchJobError, ValueError) as error:
        # RQ raises ValueError for an id that no job can have.
        raise UnknownJob(f"There is no training job {job_id!r}. {UnknownJob().detail}") from error


def list_trainings(client: redis.Redis) -> tuple[TrainingJob, ...]:
    """Return the newest training jobs in Redis, newest first, at most `MOST_LISTED`, without cleaning registries."""
    queue = training_queue(client)
    job_ids = {job_id for registry, _ in _registries(queue) for job_id in registry.get_job_ids(cleanup=False)}
    jobs = Job.fetch_many(sorted(job_ids | set(queue.get_job_ids())), connection=client, serializer=JSONSerializer)
    # Jobs that expired meanwhile are None.
    newest = sorted((job for job in jobs if job is not None), key=lambda job: job.created_at, reverse=True)
    return tuple(_describe(job) for job in newest[:MOST_LISTED])


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
    workers = Worker.all(connection=client, queue=training_queue(client))
    return {
        worker.hostname
        for worker in workers
        if worker.hostname and worker.last_heartbeat and worker.last_heartbeat.replace(tzinfo=UTC) >= latest
    }


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


def _describe(job: Job) -> TrainingJob:
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

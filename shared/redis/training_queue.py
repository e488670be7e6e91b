"""Training jobs on RQ: the one file that names it.

Jobs are enqueued by dotted name and serialised as JSON: the caller needs none of the trainer's code. The worker
runs no other name and unpickles nothing, so that who can write to Redis cannot run code of theirs.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

import redis
from rq import Queue, Retry, Worker, get_current_job
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import BaseRegistry
from rq.serializers import JSONSerializer

from shared.contract import redis_names
from shared.contract.errors import FamiliarError, InvalidRequest, UnknownJob
from shared.contract.messages import Epoch, Message, Time, TrainingOptions

RETRIES = 3
JOB_TIMEOUT_SECONDS = 6 * 3600
RESULT_SECONDS = 24 * 3600
MOST_LISTED = 20
# With RQ's own intervals, a job whose worker and horse both died is found after eleven minutes.
MONITORING_SECONDS = 5
MAINTENANCE_SECONDS = 5
# An idle worker shows life every fifth second (RQ: this less 15); one that has not for so long is gone.
WORKER_SECONDS = 20

_PROGRESS = "progress"
_REJECTED = "rejected"
_ERROR = "error"


class JobState(StrEnum):
    """Where a training job stands."""

    QUEUED = "queued"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"


# What is not here waits: for a retry, for another job, for its time.
_STATES = {
    JobStatus.STARTED: JobState.STARTED,
    JobStatus.FINISHED: JobState.FINISHED,
    JobStatus.FAILED: JobState.FAILED,
    JobStatus.STOPPED: JobState.FAILED,
    JobStatus.CANCELED: JobState.FAILED,
}


class JobError(Message):
    """Why a job failed: the error's code, and a sentence that says what to do."""

    code: str
    detail: str


class TrainingProgress(Message):
    """How far a training is. `step` says in words what is being done; `epochs` holds those that are over."""

    step: str
    epochs_total: int
    epochs: tuple[Epoch, ...] = ()


class TrainingJob(Message):
    """A training job as it stands; `model_version` is what came of it.

    `rejected` says why that version was kept and not served: it is worse than the one that is.
    """

    job_id: str
    state: JobState
    enqueued_at: Time | None
    progress: TrainingProgress | None
    model_version: int | None
    rejected: str | None
    error: JobError | None


def enqueue_training(client: redis.Redis, options: TrainingOptions) -> TrainingJob:
    """Put a training job on the queue. A job whose worker dies is tried again, `RETRIES` times."""
    job = _queue(client).enqueue(
        redis_names.TRAINING_JOB,
        kwargs=options.model_dump(mode="json", exclude_defaults=True),
        job_timeout=JOB_TIMEOUT_SECONDS,
        result_ttl=RESULT_SECONDS,
        failure_ttl=RESULT_SECONDS,
        retry=Retry(max=RETRIES),
    )
    return _describe(job)


def find_training(client: redis.Redis, job_id: str) -> TrainingJob:
    """Look a job up.

    Raises:
        UnknownJob: there is none of that id.
    """
    try:
        return _describe(Job.fetch(job_id, connection=client, serializer=JSONSerializer))
    except (NoSuchJobError, ValueError) as error:
        # RQ raises ValueError for an id that no job can have.
        raise UnknownJob(f"There is no training job {job_id!r}. {UnknownJob().detail}") from error


def list_trainings(client: redis.Redis) -> tuple[TrainingJob, ...]:
    """List the training jobs that Redis has, newest first, at most `MOST_LISTED`; looking changes nothing."""
    queue = _queue(client)
    job_ids = {job_id for registry, _ in _registries(queue) for job_id in registry.get_job_ids(cleanup=False)}
    jobs = Job.fetch_many(sorted(job_ids | set(queue.get_job_ids())), connection=client, serializer=JSONSerializer)
    # One that has run out meanwhile is none.
    newest = sorted((job for job in jobs if job is not None), key=lambda job: job.created_at, reverse=True)
    return tuple(_describe(job) for job in newest[:MOST_LISTED])


def count_trainings(client: redis.Redis) -> dict[JobState, int]:
    """Count the training jobs that Redis has, by state; looking changes nothing."""
    queue = _queue(client)
    counts = dict.fromkeys(JobState, 0)
    for registry, state in _registries(queue):
        counts[state] += registry.get_job_count(cleanup=False)
    counts[JobState.QUEUED] += queue.count
    return counts


def report_progress(progress: TrainingProgress) -> None:
    """From inside a job: say how far it is."""
    job = _this_job()
    job.meta[_PROGRESS] = progress.model_dump(mode="json")
    job.save_meta()  # type: ignore[no-untyped-call]  # RQ has not typed it


def report_rejection(reason: str) -> None:
    """From inside a job: record why its version is not served."""
    job = _this_job()
    job.meta[_REJECTED] = reason
    job.save_meta()  # type: ignore[no-untyped-call]  # RQ has not typed it


def this_job_id() -> str:
    """From inside a job: give its id, the same when it is run again."""
    return _this_job().id


def this_job_created_at() -> datetime:
    """From inside a job: give the time when it was created, the same when it is run again."""
    return _this_job().created_at.replace(tzinfo=UTC)


def give_up(error: FamiliarError) -> None:
    """From inside a job: record why it cannot succeed, so that it is not tried again."""
    job = _this_job()
    job.meta[_ERROR] = JobError(code=error.code, detail=error.detail).model_dump(mode="json")
    job.retries_left = 0
    job.save()


def work_on_training(client: redis.Redis) -> None:
    """Work through training jobs, each in a forked child, until told to stop by SIGINT or SIGTERM."""
    worker = _TrainingWorker(
        [_queue(client)],
        connection=client,
        serializer=JSONSerializer,
        job_class=_TrainingJob,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=WORKER_SECONDS,
    )
    worker.work()


class _TrainingJob(Job):
    """A job that can only be the training: RQ would import and call whatever name stands in Redis."""

    @property
    def func(self) -> Callable[..., object]:
        if self.func_name != redis_names.TRAINING_JOB:
            raise InvalidRequest(f"On this queue there is no job but {redis_names.TRAINING_JOB}.")
        return cast("Callable[..., object]", super().func)

    success_callback = failure_callback = stopped_callback = None


class _TrainingWorker(Worker):
    """A worker that, told to stop, does not wait for a training to end: the job goes back to the queue.

    Jobs of plain `rq enqueue` come without retries and with three minutes' time; they get what the others have.
    """

    def execute_job(self, job: Job, queue: Queue) -> None:
        if job.retries_left is None:
            job.retries_left = RETRIES
            job.timeout = JOB_TIMEOUT_SECONDS
            job.result_ttl = job.failure_ttl = RESULT_SECONDS
            job.save()
        super().execute_job(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]  # RQ has not typed it
        if self.horse_pid:
            self.kill_horse()

    def handle_work_horse_killed(self, job: Job, retpid: Any, ret_val: Any, rusage: Any) -> None:  # noqa: ANN401 - RQ's
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)  # type: ignore[no-untyped-call]  # RQ
        if self._stop_requested:
            # Being told to stop is no failure, and uses up no retry.
            job.retries_left = RETRIES


def training_hosts(client: redis.Redis) -> set[str]:
    """List the hosts on which a worker for training jobs has shown life lately."""
    latest = datetime.now(UTC) - timedelta(seconds=WORKER_SECONDS)
    workers = Worker.all(connection=client, queue=_queue(client))
    return {
        worker.hostname
        for worker in workers
        if worker.hostname and worker.last_heartbeat and worker.last_heartbeat.replace(tzinfo=UTC) >= latest
    }


def _queue(client: redis.Redis) -> Queue:
    return Queue(redis_names.TRAINING_QUEUE, connection=client, serializer=JSONSerializer)


def _registries(queue: Queue) -> tuple[tuple[BaseRegistry, JobState], ...]:
    """Give the registries of jobs that are not waiting in the queue itself, each with the state of its jobs."""
    return (
        (queue.scheduled_job_registry, JobState.QUEUED),
        (queue.deferred_job_registry, JobState.QUEUED),
        (queue.started_job_registry, JobState.STARTED),
        (queue.finished_job_registry, JobState.FINISHED),
        (queue.failed_job_registry, JobState.FAILED),
        (queue.canceled_job_registry, JobState.FAILED),
    )


def _this_job() -> Job:
    job = get_current_job()
    if job is None:
        message = "this may only be called from inside a job"
        raise RuntimeError(message)
    return job


def _describe(job: Job) -> TrainingJob:
    status = job.get_status(refresh=True)
    state = _STATES.get(status, JobState.QUEUED) if status is not None else JobState.FAILED
    meta = job.get_meta(refresh=True)
    progress = meta.get(_PROGRESS)
    error = meta.get(_ERROR)
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
        rejected=meta.get(_REJECTED) if state is JobState.FINISHED else None,
        error=JobError.model_validate(error) if error else None,
    )

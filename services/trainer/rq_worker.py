"""The RQ worker that processes training jobs, and what a running job knows and records of itself.

The worker calls nothing but the training and unpickles nothing: write access to Redis does not give code execution.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import redis
from rq import Queue, Worker, get_current_job
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import import_attribute

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError, InvalidRequest
from familiar.shared.redis.training_queue import (
    ERROR,
    JOB_TIMEOUT_SECONDS,
    PROGRESS,
    REJECTED,
    RESULT_SECONDS,
    RETRIES,
    WORKER_SECONDS,
    JobError,
    TrainingProgress,
    training_queue,
)

# With RQ's defaults, a job whose worker and work horse both died is found only after eleven minutes.
MONITORING_SECONDS = 5
MAINTENANCE_SECONDS = 5


def work_on_training(client: redis.Redis) -> None:
    """Process training jobs, each in a forked child, until SIGINT or SIGTERM."""
    worker = _TrainingWorker(
        [training_queue(client)],
        connection=client,
        serializer=JSONSerializer,
        job_class=_TrainingJob,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=WORKER_SECONDS,
    )
    worker.work()


def report_progress(progress: TrainingProgress) -> None:
    """Record the running job's progress."""
    job = _this_job()
    job.meta[PROGRESS] = progress.model_dump(mode="json")
    job.save_meta()


def report_rejection(reason: str) -> None:
    """Record why the running job's version is not served."""
    job = _this_job()
    job.meta[REJECTED] = reason
    job.save_meta()


def this_job_id() -> str:
    """Return the running job's id, stable across retries."""
    return _this_job().id


def this_job_created_at() -> datetime:
    """Return when the running job was created, in UTC, stable across retries."""
    return _this_job().created_at.replace(tzinfo=UTC)


def give_up(error: FamiliarError) -> None:
    """Record why the running job cannot succeed, and cancel its retries."""
    job = _this_job()
    job.meta[ERROR] = JobError(code=error.code, detail=error.detail).model_dump(mode="json")
    job.retries_left = 0
    job.save()


class _TrainingJob(Job):
    """Job that can only be the training: RQ would import and call whatever name is in Redis."""

    @property
    def func(self) -> Callable[..., object]:
        if self.func_name not in {redis_names.TRAINING_JOB, redis_names.FORMER_TRAINING_JOB}:
            raise InvalidRequest(f"On this queue there is no job but {redis_names.TRAINING_JOB}.")
        return cast("Callable[..., object]", import_attribute(redis_names.TRAINING_JOB))

    success_callback = failure_callback = stopped_callback = None


class _TrainingWorker(Worker):
    """Worker that, told to stop, puts the running job back into the queue instead of waiting for it.

    Jobs of a plain `rq enqueue` have no retries and a timeout of three minutes; they get those of the others.
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
            # A requested stop is no failure, and uses up no retry.
            job.retries_left = RETRIES


def _this_job() -> Job:
    job = get_current_job()
    if job is None:
        message = "this may only be called from inside a job"
        raise RuntimeError(message)
    return job

"""The RQ worker that processes training jobs.

The worker calls nothing but the training and unpickles nothing: write access to Redis does not give code execution.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis
import structlog
from redis.client import Pipeline
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from rq.worker_registration import register

from familiar.services.trainer.orphaned import end_if_orphaned
from familiar.services.trainer.training_mirror import TrainingMirror
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.redis.connection import DISK_IS_FULL, LONGEST_WAIT_SECONDS, trouble_of
from familiar.shared.redis.training_queue import (
    JOB_TIMEOUT_SECONDS,
    PROGRESS,
    RESULT_SECONDS,
    RETRIES,
    WORKER_SECONDS,
    TrainingRecords,
    training_queue,
)

# How often the worker sends heartbeats, and compares the queue with the records.
LOOK_SECONDS = 1
# With RQ's default, a job whose worker and work horse both died is found only after eleven minutes.
MAINTENANCE_SECONDS = 5

# As RQ has it.
_EXPIRY_MARGIN_SECONDS = 60

_log = structlog.get_logger()


def work_on_training(client: redis.Redis, records: TrainingRecords) -> None:
    """Process training jobs, each in a forked child, until SIGINT or SIGTERM."""
    worker = _TrainingWorker(
        [training_queue(client)],
        connection=client,
        serializer=JSONSerializer,
        job_class=_TrainingJob,
        job_monitoring_interval=LOOK_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        worker_ttl=WORKER_SECONDS,
    )
    worker.mirror_in(records)
    worker.work()


class _TrainingJob(Job):
    """Job that can only be the training: RQ would import and call whatever name is in Redis."""

    @property
    def func(self) -> Callable[..., object]:
        if self.func_name not in {redis_names.TRAINING_JOB, redis_names.FORMER_TRAINING_JOB}:
            raise InvalidRequest(f"On this queue there is no job but {redis_names.TRAINING_JOB}.")
        return cast("Callable[..., object]", import_attribute(redis_names.TRAINING_JOB))

    success_callback = failure_callback = stopped_callback = None


class _TrainingWorker(Worker):
    """Worker that outlasts Redis, its data included; told to stop, it puts the running job back into the queue.

    Jobs of a plain `rq enqueue` have no retries and a timeout of three minutes; they get those of the others.
    """

    # RQ's default is a minute: an outage would be followed by as long a silence.
    max_connection_wait_time = LONGEST_WAIT_SECONDS

    def mirror_in(self, records: TrainingRecords) -> None:
        """Keep `records` of the queue's jobs; called before any work."""
        self._records = records
        self._mirror = TrainingMirror(self.queues[0], records)
        self._own_pid, self._manager_pid = os.getpid(), os.getppid()

    @property
    def dequeue_timeout(self) -> int:
        """Seconds between heartbeats of an idle worker."""
        return LOOK_SECONDS

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Send a heartbeat; in the idle loop register again, as Redis forgets who sent none for 80 s, and reconcile."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None and not self.is_horse:
            self._register()
            self._reconcile()

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Send heartbeats while the work horse runs; an outage of Redis does not end this worker, and so the horse."""
        try:
            super().maintain_heartbeats(job, execution)
            self._register()
            self._restore(job, execution)
            self._reconcile()
        except redis.RedisError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            _log.warning("waiting", trouble=trouble, error=str(error))

    def execute_job(self, job: Job, queue: Queue) -> None:
        if job.retries_left is None:
            job.retries_left = RETRIES
            job.timeout = JOB_TIMEOUT_SECONDS
            job.result_ttl = job.failure_ttl = RESULT_SECONDS
            job.save()
        with _outlasting_a_full_disk():
            self._mirror.record(job)
        super().execute_job(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        end_if_orphaned(self._own_pid, self._manager_pid)
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:  # noqa: ANN401 - RQ's
        # RQ logs the message of the exception and the job's arguments, which may name people and their files.
        _log.error("the job has failed", job_id=job.id, exc_info=exc_info)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]  # RQ has not typed it
        if self.horse_pid:
            self.kill_horse()

    def handle_work_horse_killed(self, job: Job, retpid: Any, ret_val: Any, rusage: Any) -> None:  # noqa: ANN401 - RQ's
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)  # type: ignore[no-untyped-call]  # RQ
        if self._stop_requested:
            # A requested stop is no failure: the retry that RQ is about to use up is given back.
            job.retries_left = (job.retries_left or 0) + 1

    def _register(self) -> None:
        """Register this worker, which may be registered already."""
        with self.connection.pipeline() as pipeline:
            pipeline.hset(self.key, mapping={**self.serialize(), "state": self.get_state()})
            pipeline.expire(self.key, self.worker_ttl + _EXPIRY_MARGIN_SECONDS)
            register(self, pipeline)
            pipeline.execute()

    def _restore(self, job: Job, execution: Execution) -> None:
        """Restore the running job if Redis has lost it, with its progress as recorded."""
        record = self._records.find(job.id)
        if record is not None and record.ended_at is not None:
            return
        if record is not None and record.job.progress is not None:
            job.meta[PROGRESS] = record.job.progress.model_dump(mode="json")
        seconds = self.get_heartbeat_ttl(job)

        def restore(pipeline: Pipeline) -> None:
            if pipeline.hexists(job.key, "data"):
                return
            pipeline.multi()
            job.set_status(JobStatus.STARTED, pipeline=pipeline)
            job.save(pipeline=pipeline)
            execution.save(seconds, pipeline)
            job.started_job_registry.add_execution(execution, pipeline, seconds)

        self.connection.transaction(restore, job.key)

    def _reconcile(self) -> None:
        with _outlasting_a_full_disk():
            self._mirror.reconcile(running={execution.job_id for execution in self.executions.values()})


@contextmanager
def _outlasting_a_full_disk() -> Iterator[None]:
    """Go on where a record cannot be written; the next look tries again."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_IS_FULL:
            raise
        # The message of an OSError names a file.
        _log.warning("waiting", trouble="the disk is full", error=error.strerror)

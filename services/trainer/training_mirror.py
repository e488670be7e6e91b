"""Keeps RQ's queue and the records of trainings alike: the records are the truth, and Redis may lose its data.

Called once a second from the worker's only thread. A thread of its own would be a risk at each fork of a work horse.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import structlog
from rq import Queue
from rq.exceptions import InvalidJobOperation
from rq.job import Job

from familiar.shared.contract.training import JobState
from familiar.shared.redis.training_queue import (
    MOST_LISTED,
    MOST_WAITING,
    RESULT_SECONDS,
    TrainingRecords,
    describe_training,
    enqueue_recorded,
    record_of,
)

_log = structlog.get_logger()


class TrainingMirror:
    """Mirror of one queue in records, and of the records in the queue."""

    def __init__(self, queue: Queue, records: TrainingRecords) -> None:
        self._queue = queue
        self._records = records

    def record(self, job: Job) -> None:
        """Record a job that somebody enqueued with plain RQ, if it is a training and has no record."""
        with self._records.lock:
            self._record(job.id, job)

    def reconcile(self, running: Collection[str]) -> None:
        """Enqueue what Redis has lost, once and in its former order, and record what it has beyond the records.

        Jobs that are `running` are restored by their worker.
        """
        for job_id in self._queue.get_job_ids(0, MOST_WAITING):
            if self._records.find(job_id) is None:
                with self._records.lock:
                    self._record(job_id, self._queue.fetch_job(job_id))
        for record in sorted(self._records.all(), key=lambda record: record.created_at):
            if record.ended_at is None and record.job.job_id not in running:
                with self._records.lock:
                    self._settle(record.job.job_id)
        self._forget_old()

    def _record(self, job_id: str, job: Job | None) -> None:
        record = None if job is None else record_of(job)
        if record is not None and self._records.find(job_id) is None:
            self._records.write(job_id, record)

    def _settle(self, job_id: str) -> None:
        """Enqueue the job of a record that has not ended if Redis has lost it, and record its end if RQ knows that."""
        record = self._records.find(job_id)
        if record is None or record.ended_at is not None:
            return
        job = self._queue.fetch_job(job_id)
        if job is None:
            enqueue_recorded(self._queue, self._records, record)
            _log.info("enqueued again, as Redis had lost it", job=job_id)
            return
        try:
            described = describe_training(job)
        except InvalidJobOperation:
            # Lost since; the next look finds it missing.
            return
        if described.state in {JobState.FINISHED, JobState.FAILED}:
            ended = record.model_copy(update={"job": described, "ended_at": datetime.now(UTC)})
            self._records.write(job_id, ended)

    def _forget_old(self) -> None:
        """Delete the records of jobs that ended more than a day ago, and all but the newest `MOST_LISTED` of those."""
        ended = [record for record in self._records.all() if record.ended_at is not None]
        newest = sorted(ended, key=lambda record: record.created_at, reverse=True)
        latest = datetime.now(UTC) - timedelta(seconds=RESULT_SECONDS)
        for place, record in enumerate(newest):
            if place >= MOST_LISTED or (record.ended_at is not None and record.ended_at < latest):
                self._records.remove(record.job.job_id)

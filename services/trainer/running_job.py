"""What the running RQ job knows and records of itself: in its record on disk, and in Redis, which may lose it."""

from datetime import UTC, datetime

import redis
import structlog
from rq import get_current_job

from familiar.shared.contract.errors import FamiliarError
from familiar.shared.contract.training import JobError, JobState, TrainingProgress
from familiar.shared.redis.connection import DISK_IS_FULL
from familiar.shared.redis.training_queue import ERROR, PROGRESS, REJECTED, TrainingRecords, record_of

_log = structlog.get_logger()


class RunningJob:
    """The running job. Neither an outage of Redis nor a full disk stops a training that reports its progress."""

    def __init__(self, records: TrainingRecords) -> None:
        """Find the running job, whose record is one of `records`."""
        job = get_current_job()
        if job is None:
            message = "a running job is only to be found from inside"
            raise RuntimeError(message)
        self._job = job
        self._records = records

    @property
    def job_id(self) -> str:
        """The job's id, stable across retries."""
        return self._job.id

    @property
    def created_at(self) -> datetime:
        """When the job was created, in UTC, stable across retries."""
        return self._job.created_at.replace(tzinfo=UTC)

    def report(self, progress: TrainingProgress) -> None:
        """Record the progress."""
        self._record(state=JobState.STARTED, progress=progress, error=None)
        self._job.meta[PROGRESS] = progress.model_dump(mode="json")
        self._save_meta()

    def finish(self, model_version: int, rejection: str | None) -> None:
        """Record the version that came of it, and why it is not served, None if it is."""
        self._record(state=JobState.FINISHED, model_version=model_version, rejected=rejection)
        if rejection is not None:
            self._job.meta[REJECTED] = rejection
            self._save_meta()

    def give_up(self, error: FamiliarError) -> None:
        """Record why the job cannot succeed, and cancel its retries."""
        named = JobError(code=error.code, detail=error.detail)
        self._record(state=JobState.FAILED, error=named)
        self._job.meta[ERROR] = named.model_dump(mode="json")
        self._job.retries_left = 0
        self._job.save()

    def _record(self, *, state: JobState, **known: object) -> None:
        ended_at = None if state is JobState.STARTED else datetime.now(UTC)
        try:
            with self._records.lock:
                record = self._records.find(self.job_id) or record_of(self._job)
                if record is not None:
                    job = record.job.model_copy(update={"state": state, **known})
                    self._records.write(self.job_id, record.model_copy(update={"job": job, "ended_at": ended_at}))
        except OSError as error:
            if error.errno not in DISK_IS_FULL:
                raise
            _log.warning("the job's record is not up to date", error=str(error))

    def _save_meta(self) -> None:
        """Save the job's meta, unless Redis is away, or has lost the job, which the worker then restores."""
        try:
            if self._job.connection.hexists(self._job.key, "data"):
                self._job.save_meta()
        except redis.RedisError as error:
            _log.warning("progress not reported", error=str(error))

"""Training jobs: what clients are told of one, and its record, which outlives Redis."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from familiar.shared.contract.messages import Epoch, Message, Time


class JobState(StrEnum):
    """The state of a training job."""

    QUEUED = "queued"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"


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


def waiting_job(job_id: str, enqueued_at: datetime) -> TrainingJob:
    """Return a job that waits, of which there is nothing else to tell."""
    return TrainingJob(
        job_id=job_id,
        state=JobState.QUEUED,
        enqueued_at=enqueued_at,
        progress=None,
        model_version=None,
        rejected=None,
        error=None,
    )


class TrainingRecord(Message):
    """The record of a training job, from which it is enqueued again when Redis has lost it."""

    job: TrainingJob
    """The job as last known."""
    options: dict[str, JsonValue]
    """The options as requested, see `TrainingOptions`."""
    created_at: Time
    """When the job was created: it has published none of the versions from before."""
    ended_at: Time | None = None
    """When the end of the job was recorded."""

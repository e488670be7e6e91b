"""Enrolment: collecting samples of one person from one camera, up to the requested numbers.

One enrolment collects one session of the person; samples of earlier sessions do not count.

The request is immutable. State that follows from it and from the sample counts, such as which split is due and whether
the enrolment is complete, is derived and not stored.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from familiar.shared.contract.messages import EnrolmentLabel, Message, Slug, Split, Time

# Redis cannot add to a much larger number.
Count = Annotated[int, Field(ge=0, lt=2**62)]


class Refusal(StrEnum):
    """Why a frame gave no sample."""

    FACE_NOT_FOUND = "face not found"
    MORE_THAN_ONE_FACE = "more than one face"
    TOO_SMALL = "too small"
    BLURRED = "blurred"
    NEAR_COPY = "near-copy"
    TOO_MANY_SAMPLES = "too many samples"
    DISK_FULL = "disk full"


class EnrolmentState(StrEnum):
    """The state of an enrolment."""

    COLLECTING = "collecting"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


class EnrolmentRequest(Message):
    """The parameters of an enrolment."""

    enrolment_id: str
    camera: Slug
    person: Slug
    name: str
    """The person's display name."""
    train: int = Field(ge=0, le=10_000)
    """Number of train samples to collect in this enrolment."""
    test: int = Field(ge=0, le=10_000)
    """Number of test samples to collect in this enrolment."""
    pause_seconds: float = Field(ge=0, le=60)
    """Pause between the last train sample and the first test sample."""
    requested_at: Time


class OpenEnrolment(Message):
    """The record of an enrolment that has not ended, from which it is restored when Redis has lost its data."""

    request: EnrolmentRequest
    train_over: bool = False
    """As of the enrolment."""


class Enrolment(Message):
    """The current state of an enrolment."""

    request: EnrolmentRequest
    cancelled: bool
    train_over: bool
    """Whether no more train samples will come, as at the end of a folder's train pictures: test samples are due."""
    train_samples: Count
    """Number of this enrolment's train samples in the store."""
    test_samples: Count
    """Number of this enrolment's test samples in the store."""
    train_complete_at: Time | None
    """When the last train sample was captured."""
    refused: dict[Refusal, Count]
    """Number of frames that gave no sample, by reason."""

    @property
    def state(self) -> EnrolmentState:
        """Whether the enrolment is collecting, complete or cancelled."""
        if self.train_samples >= self.request.train and self.test_samples >= self.request.test:
            return EnrolmentState.COMPLETE
        return EnrolmentState.CANCELLED if self.cancelled else EnrolmentState.COLLECTING

    @property
    def split(self) -> Split:
        """The split that is due: first train, then test."""
        train_is_due = self.train_samples < self.request.train and not self.train_over
        return Split.TRAIN if train_is_due else Split.TEST

    def label_at(self, captured_at: datetime) -> EnrolmentLabel | None:
        """Return the label for a frame captured at this time, or None if none is to be collected then.

        A pause separates the last train sample from the first test frame, so that the splits do not share a moment.
        Where the clock was put back since, it is over: it would last until the clock has caught up.
        """
        if self.state is not EnrolmentState.COLLECTING:
            return None
        if self.split is Split.TEST and self.train_complete_at is not None:
            pause = timedelta(seconds=self.request.pause_seconds)
            if self.train_complete_at <= captured_at < self.train_complete_at + pause:
                return None
        return self.label

    @property
    def label(self) -> EnrolmentLabel:
        """The label of the split that is due."""
        return EnrolmentLabel(enrolment_id=self.request.enrolment_id, person=self.request.person, split=self.split)

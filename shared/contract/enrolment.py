"""Enrolment: collecting samples of one person from one camera, until there are as many as asked for.

What it collects is one session of the person. Those of earlier sessions count for nothing here.

The request never changes. What follows from it and from the counts of samples (which split is due, whether
all is done) is derived and not kept.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from familiar.shared.contract.messages import EnrolmentLabel, Message, Slug, Split, Time


class Refusal(StrEnum):
    """Why a frame gave no sample."""

    FACE_NOT_FOUND = "face not found"
    MORE_THAN_ONE_FACE = "more than one face"
    TOO_SMALL = "too small"
    BLURRED = "blurred"
    NEAR_COPY = "near-copy"


class EnrolmentState(StrEnum):
    """Where an enrolment stands."""

    COLLECTING = "collecting"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


class EnrolmentRequest(Message):
    """What was asked for. `train` and `test` are how many samples of this enrolment the store has at the end."""

    enrolment_id: str
    camera: Slug
    person: Slug
    name: str
    train: int = Field(ge=0, le=10_000)
    test: int = Field(ge=0, le=10_000)
    pause_seconds: float = Field(ge=0, le=60)
    requested_at: Time


class Enrolment(Message):
    """An enrolment as it stands; `train_samples` and `test_samples` are how many of its own the store has.

    `train_complete_at` is when the last train sample was captured. `train_over` says that there will be no
    more train samples, as with the pictures of a folder: test samples are due then, however few there are.
    """

    request: EnrolmentRequest
    cancelled: bool
    train_over: bool
    train_samples: int
    test_samples: int
    train_complete_at: Time | None
    refused: dict[Refusal, int]

    @property
    def state(self) -> EnrolmentState:
        """Whether samples are being collected, all are there, or somebody called it off."""
        if self.train_samples >= self.request.train and self.test_samples >= self.request.test:
            return EnrolmentState.COMPLETE
        return EnrolmentState.CANCELLED if self.cancelled else EnrolmentState.COLLECTING

    @property
    def split(self) -> Split:
        """Which split is due: train samples first, then test samples."""
        train_is_due = self.train_samples < self.request.train and not self.train_over
        return Split.TRAIN if train_is_due else Split.TEST

    def label_at(self, captured_at: datetime) -> EnrolmentLabel | None:
        """Give the label for a frame captured now; None while nothing is collected.

        Between the last train sample and the first test frame lies a pause, so that the two splits come from
        separate stretches of time.
        """
        if self.state is not EnrolmentState.COLLECTING:
            return None
        if self.split is Split.TEST and self.train_complete_at is not None:
            pause = timedelta(seconds=self.request.pause_seconds)
            if captured_at < self.train_complete_at + pause:
                return None
        return self.label

    @property
    def label(self) -> EnrolmentLabel:
        """The label of the split that is due."""
        return EnrolmentLabel(enrolment_id=self.request.enrolment_id, person=self.request.person, split=self.split)

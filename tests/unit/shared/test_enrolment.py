"""What follows from an enrolment's counts: its state, the split that is due, and the label of a frame."""

from datetime import UTC, datetime, timedelta

import pytest

from familiar.shared.contract.enrolment import Enrolment, EnrolmentRequest, EnrolmentState
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.contract.messages import EnrolmentLabel, Split
from familiar.shared.redis.enrolments import Targets, request_enrolment
from familiar.shared.stores.samples import Person

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
REQUEST = EnrolmentRequest(
    enrolment_id="e1",
    camera="door",
    person="zoe-k",
    name="Zoë K.",
    train=20,
    test=10,
    pause_seconds=3,
    requested_at=NOON,
)
COLLECTING = Enrolment(
    request=REQUEST,
    cancelled=False,
    train_over=False,
    train_samples=0,
    test_samples=0,
    train_complete_at=None,
    refused={},
)


def enrolment(train_samples: int, test_samples: int, **changes: object) -> Enrolment:
    """Give the enrolment with these counts."""
    return COLLECTING.model_copy(update={"train_samples": train_samples, "test_samples": test_samples, **changes})


def label(split: Split) -> EnrolmentLabel:
    """Give the label that frames have for a split."""
    return EnrolmentLabel(enrolment_id="e1", person="zoe-k", split=split)


@pytest.mark.parametrize(
    ("train_samples", "test_samples", "state"),
    [
        (0, 0, EnrolmentState.COLLECTING),
        (19, 10, EnrolmentState.COLLECTING),
        (20, 9, EnrolmentState.COLLECTING),
        (20, 10, EnrolmentState.COMPLETE),
        (25, 12, EnrolmentState.COMPLETE),
    ],
)
def test_an_enrolment_is_complete_when_both_splits_are(
    train_samples: int, test_samples: int, state: EnrolmentState
) -> None:
    """Samples from before it was cut short count, so there may be more than asked for."""
    assert enrolment(train_samples, test_samples).state is state


def test_a_cancelled_enrolment_is_over() -> None:
    """However few samples there are."""
    assert enrolment(5, 0, cancelled=True).state is EnrolmentState.CANCELLED


def test_an_enrolment_that_was_complete_before_it_was_cancelled_stays_complete() -> None:
    """Everything that was asked for is there."""
    assert enrolment(20, 10, cancelled=True).state is EnrolmentState.COMPLETE


@pytest.mark.parametrize(
    ("train_samples", "split"), [(0, Split.TRAIN), (19, Split.TRAIN), (20, Split.TEST), (21, Split.TEST)]
)
def test_train_samples_come_first(train_samples: int, split: Split) -> None:
    """Test samples are due once there are as many as asked for."""
    assert enrolment(train_samples, 0).split is split


def test_test_samples_are_due_when_there_will_be_no_more_train_samples() -> None:
    """As with the pictures of a folder."""
    assert enrolment(5, 0, train_over=True).split is Split.TEST


def test_a_frame_gets_the_label_of_the_split_that_is_due() -> None:
    """Enrolment, person and split."""
    assert enrolment(0, 0).label_at(NOON) == label(Split.TRAIN)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, None), (2.999, None), (3, label(Split.TEST)), (60, label(Split.TEST))]
)
def test_between_train_and_test_samples_lies_the_pause(seconds: float, expected: EnrolmentLabel | None) -> None:
    """Frames of the pause have no label; it ends by the time at which the frame was captured."""
    waiting = enrolment(20, 0, train_complete_at=NOON)
    assert waiting.label_at(NOON + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize("back", [timedelta(seconds=5), timedelta(hours=6)])
def test_a_clock_that_is_put_back_does_not_lengthen_the_pause(back: timedelta) -> None:
    """The enrolment would stand still until the clock has caught up with the last train sample."""
    assert enrolment(20, 0, train_complete_at=NOON).label_at(NOON - back) == label(Split.TEST)


def test_without_a_train_stretch_there_is_no_pause() -> None:
    """Somebody who has all train samples already is tested at once."""
    assert enrolment(20, 0).label_at(NOON) == label(Split.TEST)


@pytest.mark.parametrize("ended", [enrolment(20, 10), enrolment(0, 0, cancelled=True)])
def test_a_frame_of_an_enrolment_that_has_ended_has_no_label(ended: Enrolment) -> None:
    """Complete or cancelled."""
    assert ended.label_at(NOON) is None


def test_a_request_without_samples_is_refused() -> None:
    """There is nothing to collect."""
    with pytest.raises(InvalidRequest, match="at least one train or test sample"):
        request_enrolment(
            "door",
            Person(slug="zoe-k", name="Zoë K.", train_samples=0, test_samples=0, sessions=0, days=0),
            Targets(0, 0),
        )


def test_every_request_has_an_id_of_its_own() -> None:
    """Frames of an earlier enrolment of the same person never count for a later one."""
    zoe = Person(slug="zoe-k", name="Zoë K.", train_samples=0, test_samples=0, sessions=0, days=0)
    one, other = (request_enrolment("door", zoe, Targets(1, 0)) for _ in range(2))
    assert one.enrolment_id != other.enrolment_id
    assert (one.person, one.name, one.camera) == ("zoe-k", "Zoë K.", "door")

"""From samples on a real disk to a training: whose they are, and of which session and day."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from familiar.services.trainer.data.read_samples import read_training_samples
from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import encode_jpeg
from tests.builders import NOON, crop, origin


@pytest.fixture
def enrolled(store: SampleStore) -> SampleStore:
    """Give a store of two people, who have two train samples and a test sample of today."""
    for name in ("arjun", "zoe"):
        store.register(name)
        add(store, name, "today", split=Split.TEST, count=1)
        add(store, name, "today", count=2)
    return store


def add(
    store: SampleStore, person: str, session: str, *, count: int, days: int = 0, split: Split = Split.TRAIN
) -> None:
    """Add samples of one session, taken one a second, so many days from now."""
    for number in range(count):
        taken = origin(number, NOON + timedelta(days=days, seconds=number))
        store.add(person, split, crop(number), taken.model_copy(update={"enrolment_id": session}), None)


def read(store: SampleStore) -> TrainingSamples:
    """Read them, without strangers."""
    return read_training_samples(store, split_strangers(()))


def test_sessions_are_numbered_in_the_order_of_time(enrolled: SampleStore) -> None:
    """Of each person from 0, and the same in every part, whatever the ids are."""
    add(enrolled, "zoe", "an earlier one", count=10, days=-1)
    add(enrolled, "zoe", "a later one", count=20, days=1, split=Split.TEST)
    samples = read(enrolled)
    assert samples.people == ("arjun", "zoe")
    assert samples.train_sessions.tolist() == [0] * 2 + [0] * 10 + [1] * 2
    assert samples.test_sessions.tolist() == [0] + [2] * 20
    assert samples.tests_left_out.tolist() == [0, 1]


def test_days_are_those_on_which_there_is_something_to_learn_from(enrolled: SampleStore) -> None:
    """Test samples of another day make none, and two sessions of one day make one."""
    add(enrolled, "arjun", "again", count=2)
    add(enrolled, "arjun", "only to test", count=2, days=1, split=Split.TEST)
    add(enrolled, "zoe", "tomorrow", count=2, days=1)
    assert read(enrolled).days.tolist() == [1, 2]


def test_samples_of_unknown_origin_are_the_first_session(enrolled: SampleStore, home: Path) -> None:
    """Nobody knows when they were taken."""
    for number in range(5):
        (home / "samples" / "train" / "zoe" / f"own-{number}.jpg").write_bytes(crop(number))
    samples = read(enrolled)
    assert samples.train_sessions.tolist() == [0] * 2 + [0] * 5 + [1] * 2
    assert samples.days.tolist() == [1, 2]


@pytest.mark.parametrize(
    "broken", [b"", b"no picture", crop(0)[:200], encode_jpeg(np.zeros((3000, 1, 3), np.uint8))], ids=len
)
def test_samples_that_cannot_be_read_are_named_and_passed_over(
    enrolled: SampleStore, home: Path, broken: bytes
) -> None:
    """The others keep their sessions, and the log says nobody's name."""
    before = read(enrolled)
    for split in Split:
        (home / "samples" / split / "zoe" / "own.jpg").write_bytes(broken)
    with capture_logs() as lines:
        after = read(enrolled)
    assert np.array_equal(after.train_images, before.train_images)
    assert after.train_sessions.tolist() == before.train_sessions.tolist()
    assert after.test_sessions.tolist() == before.test_sessions.tolist()
    assert [(line["count"], line["files"]) for line in lines] == [(1, ["own.jpg"])] * 2
    assert "zoe" not in str(lines)

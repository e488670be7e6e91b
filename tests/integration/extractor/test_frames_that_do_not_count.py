"""Frames that came too early, too late or for nobody give an enrolment no sample."""

import redis

from familiar.services.extractor.frame_worker import FrameWorker
from familiar.shared.redis.enrolments import (
    cancel_enrolment,
    end_train_stretch,
    get_enrolment,
)
from familiar.shared.stores.samples import SampleStore
from tests.builders import FRAMES, counts, enrol_zoe, publish_labelled, zoe


def test_a_frame_without_a_label_gives_no_sample(client: redis.Redis, store: SampleStore, worker: FrameWorker) -> None:
    """It was captured in the pause, or before the enrolment began; it is neither stored nor counted."""
    enrol_zoe(client, store, train=4, test=0)
    publish_labelled(client, zoe(5), 0, None)
    worker.step()
    assert counts(store) == (0, 0)
    assert get_enrolment(client, "door").refused == {}


def test_a_frame_of_an_earlier_enrolment_gives_no_sample(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Although it was of the same person."""
    earlier = enrol_zoe(client, store, train=4, test=0).label
    cancel_enrolment(client, store, "door")
    enrol_zoe(client, store, train=4, test=0)
    publish_labelled(client, zoe(5), 0, earlier)
    worker.step()
    assert counts(store) == (0, 0)


def test_a_frame_that_was_on_its_way_when_the_enrolment_was_cancelled_gives_no_sample(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Cancelled is cancelled."""
    publish_labelled(client, zoe(5), 0, enrol_zoe(client, store, train=4, test=0).label)
    cancel_enrolment(client, store, "door")
    worker.step()
    assert counts(store) == (0, 0)


def test_a_train_frame_after_the_end_of_the_train_stretch_gives_no_sample(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Test samples are due."""
    publish_labelled(client, zoe(5), 0, enrol_zoe(client, store, train=4, test=2).label)
    end_train_stretch(client, store, "door")
    worker.step()
    assert counts(store) == (0, 0)


def test_a_frame_of_somebody_who_was_forgotten_brings_nobody_back(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """It is completed, and the extractor goes on."""
    publish_labelled(client, zoe(5), 0, enrol_zoe(client, store, train=4, test=0).label)
    store.forget("zoe")
    worker.step()
    assert (store.people(), counts(store), client.xlen(FRAMES)) == ((), (0, 0), 0)

"""An extractor fulfils enrolments, on a real Redis and a real disk."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import redis

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.shared.contract.enrolment import EnrolmentState, Refusal
from familiar.shared.contract.messages import Split
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.enrolments import get_enrolment
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image
from tests.builders import FRAMES, counts, crop, enrol_zoe, origin, publish_labelled, zoe
from tests.streams import append, fields_of


def step_for_ever(worker: FrameWorker) -> None:
    """Step until something is raised; renewing leases is what writes at the latest."""
    while True:
        worker.step()


def test_an_enrolment_reaches_exactly_its_targets(client: redis.Redis, store: SampleStore, worker: FrameWorker) -> None:
    """Frames are labelled as capture labels them, three at once, so that some come too late for their split."""
    enrol_zoe(client, store, train=4, test=2)
    for sequence in range(0, 30, 3):
        label = get_enrolment(client, "door").label_at(datetime.now(UTC))
        if label is None:
            break
        for number in range(sequence, sequence + 3):
            publish_labelled(client, zoe(number), number, label)
        worker.step()
    enrolment = get_enrolment(client, "door")
    assert counts(store) == (enrolment.train_samples, enrolment.test_samples) == (4, 2)
    assert enrolment.state is EnrolmentState.COMPLETE
    assert enrolment.train_complete_at is not None


def test_test_samples_were_captured_after_every_train_sample(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """The splits come from separate stretches of time."""
    label = enrol_zoe(client, store, train=2, test=1).label
    for number in range(3):
        publish_labelled(client, zoe(number), number, label)
    worker.step()
    publish_labelled(client, zoe(3), 3, get_enrolment(client, "door").label)
    worker.step()
    train = [sample.origin.captured_at for sample in store.samples("zoe", Split.TRAIN) if sample.origin]
    (test,) = [sample.origin.captured_at for sample in store.samples("zoe", Split.TEST) if sample.origin]
    assert len(train) == 2
    assert get_enrolment(client, "door").train_complete_at == max(train) < test


def test_a_frame_that_is_delivered_twice_adds_nothing(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Neither a sample, nor a count of one, nor a refusal."""
    label = enrol_zoe(client, store, train=4, test=0).label
    publish_labelled(client, zoe(5), 0, label)
    (fields,) = fields_of(client, FRAMES)
    append(client, FRAMES, fields)
    worker.step()
    assert counts(store) == (1, 0)
    enrolment = get_enrolment(client, "door")
    assert enrolment.train_samples == 1
    assert enrolment.refused == {}
    assert client.xlen(FRAMES) == 0


@pytest.mark.parametrize(
    ("image", "refusal"),
    [
        (np.full((480, 640, 3), 90, np.uint8), Refusal.FACE_NOT_FOUND),
        (np.hstack([zoe(5), draw(person("karan"), 5)]), Refusal.MORE_THAN_ONE_FACE),
        (cv2.resize(zoe(5), (160, 120), interpolation=cv2.INTER_AREA), Refusal.TOO_SMALL),
        (cv2.GaussianBlur(zoe(5), (0, 0), 6), Refusal.BLURRED),
    ],
)
def test_a_frame_that_gives_no_sample_is_counted_by_its_reason(
    client: redis.Redis, store: SampleStore, worker: FrameWorker, image: Image, refusal: Refusal
) -> None:
    """Each time, and nothing is stored."""
    label = enrol_zoe(client, store, train=4, test=0).label
    publish_labelled(client, image, 0, label)
    publish_labelled(client, image, 1, label)
    worker.step()
    assert get_enrolment(client, "door").refused == {refusal: 2}
    assert counts(store) == (0, 0)


def test_a_face_that_has_not_moved_is_a_near_copy(client: redis.Redis, store: SampleStore, worker: FrameWorker) -> None:
    """Another frame of the same picture is refused, one of another moment is not."""
    label = enrol_zoe(client, store, train=4, test=0).label
    for sequence, seconds in enumerate((5, 5, 8)):
        publish_labelled(client, zoe(seconds), sequence, label)
    worker.step()
    assert get_enrolment(client, "door").refused == {Refusal.NEAR_COPY: 1}
    assert counts(store) == (2, 0)


def test_a_test_sample_is_no_near_copy_of_a_train_sample(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Otherwise the test would ask for what was learned by heart."""
    publish_labelled(client, zoe(5), 0, enrol_zoe(client, store, train=1, test=1).label)
    worker.step()
    publish_labelled(client, zoe(5), 1, get_enrolment(client, "door").label)
    worker.step()
    assert counts(store) == (1, 0)


def test_a_damaged_sample_of_the_person_does_not_stop_the_enrolment(
    client: redis.Redis, store: SampleStore, worker: FrameWorker, home: Path
) -> None:
    """The new sample is stored beside it."""
    label = enrol_zoe(client, store, train=4, test=0).label
    (home / "samples" / "train" / "zoe").mkdir(parents=True)
    (home / "samples" / "train" / "zoe" / "damaged.jpg").write_bytes(b"no picture")
    publish_labelled(client, zoe(5), 0, label)
    worker.step()
    assert counts(store) == (2, 0)


def test_a_full_disk_refuses_samples_by_name_and_stops_neither_the_enrolment_nor_the_others(
    client: redis.Redis, store: SampleStore, worker: FrameWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faces are passed on all the same, and later frames give samples when there is room again."""
    label = enrol_zoe(client, store, train=4, test=0).label
    for sequence in range(4):
        publish_labelled(client, zoe(sequence), sequence, label)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        worker.step()
    assert counts(store) == (0, 0)
    assert client.xlen("faces") == 4
    assert get_enrolment(client, "door").refused == {Refusal.DISK_FULL: 4}
    for sequence in range(4, 8):
        publish_labelled(client, zoe(sequence), sequence, label)
    worker.step()
    assert counts(store) == (4, 0)
    assert client.xlen(FRAMES) == 0
    assert get_enrolment(client, "door").state is EnrolmentState.COMPLETE


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [(Quotas(samples=1), Refusal.TOO_MANY_SAMPLES), (Quotas(least_free_mb=10**9), Refusal.DISK_FULL)],
    ids=["quota", "reserve"],
)
@pytest.mark.usefixtures("worker")
def test_a_sample_without_room_is_refused_by_name(
    client: redis.Redis, store: SampleStore, limits: Quotas, refusal: Refusal
) -> None:
    """The enrolment goes on collecting, and says why nothing comes."""
    limited = FrameWorker(client, "one", SampleStore(store.home, limits), SampleRules(80, 150), Detectors(None))
    label = enrol_zoe(client, store, train=4, test=0).label
    store.add("zoe", Split.TEST, crop(1), origin(1), None)
    publish_labelled(client, zoe(5), 0, label)
    limited.step()
    enrolment = get_enrolment(client, "door")
    assert (enrolment.state, enrolment.refused) == (EnrolmentState.COLLECTING, {refusal: 1})
    assert counts(store) == (0, 1)


def test_frames_whose_delivery_was_lost_with_the_connection_are_asked_for_again(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Redis handed them over, and the answer never arrived."""
    label = enrol_zoe(client, store, train=3, test=0).label
    worker.step()
    for sequence in range(3):
        publish_labelled(client, zoe(sequence), sequence, label)
    client.xreadgroup("extractor", "one", {FRAMES: ">"}, count=10)
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.RedisError) as caught:
        step_for_ever(worker)
    assert trouble_of(caught.value) == "Redis is out of memory"
    client.config_set("maxmemory", 0)
    worker.step()
    assert counts(store) == (3, 0)
    assert client.xlen(FRAMES) == 0

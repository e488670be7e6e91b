"""Crops that show nothing new."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import Split
from familiar.shared.stores.near_copy import NEAR_COPY_DISTANCE, Fingerprint, TakenSamples, fingerprint
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image, encode_jpeg


def crop_at(seconds: float, name: str = "zoe") -> Image:
    """Give the middle of a drawn person's picture, where the face is."""
    return draw(person(name), seconds)[100:380, 180:460]


def distance(one: Fingerprint, other: Fingerprint) -> float:
    """Give the root mean square of the difference."""
    return float(np.sqrt(np.mean((one - other) ** 2)))


def store_sample(store: SampleStore, crop: Image, split: Split = Split.TRAIN) -> Path:
    """Put a crop of Zoe into the store, and give its file."""
    store.register("Zoe")
    origin = SampleOrigin(frame_id="f", camera="door", captured_at=datetime.now(UTC), enrolment_id="e")
    store.add("zoe", split, encode_jpeg(crop, 95), origin, 10)
    return store.samples("zoe", split)[-1].path


@pytest.fixture
def store(tmp_path: Path) -> SampleStore:
    """Give an empty store."""
    return SampleStore(tmp_path)


def test_the_light_makes_no_difference() -> None:
    """Darker by a fifth, or brighter by some, it is the same picture."""
    crop = crop_at(5.0)
    for changed in (cv2.convertScaleAbs(crop, alpha=0.8), cv2.convertScaleAbs(crop, alpha=0.8, beta=20)):
        assert distance(fingerprint(crop), fingerprint(changed.astype(np.uint8))) < NEAR_COPY_DISTANCE / 2


def test_the_size_of_a_crop_makes_no_difference() -> None:
    """Nearer or farther, it is the same picture."""
    crop = crop_at(5.0)
    smaller = cv2.resize(crop, (140, 140), interpolation=cv2.INTER_AREA).astype(np.uint8)
    assert distance(fingerprint(crop), fingerprint(smaller)) < NEAR_COPY_DISTANCE / 2


def test_a_plain_crop_has_a_fingerprint_without_dividing_by_zero() -> None:
    """All of its values are the mean."""
    assert np.abs(fingerprint(np.full((50, 50, 3), 128, np.uint8))).max() == 0


def test_without_samples_nothing_is_a_copy(store: SampleStore) -> None:
    """The first crop is always new."""
    assert not TakenSamples(store).has_near_copy_of("zoe", crop_at(5.0), "another")


@pytest.mark.parametrize("split", list(Split))
def test_a_crop_that_is_stored_has_a_near_copy(store: SampleStore, split: Split) -> None:
    """Whichever split it is in: a test sample must not be a copy of a train sample."""
    store_sample(store, crop_at(5.0), split)
    assert TakenSamples(store).has_near_copy_of("zoe", crop_at(5.0), "another")


def test_a_frame_is_no_near_copy_of_itself(store: SampleStore) -> None:
    """Of the same picture that somebody put into the store, without a word of its frame, it is one."""
    sample = store_sample(store, crop_at(5.0))
    assert not TakenSamples(store).has_near_copy_of("zoe", crop_at(5.0), "f")
    sample.with_name("copied.jpg").write_bytes(encode_jpeg(crop_at(5.0), 95))
    assert TakenSamples(store).has_near_copy_of("zoe", crop_at(5.0), "f")


def test_the_same_person_a_while_later_is_new(store: SampleStore) -> None:
    """They have moved."""
    store_sample(store, crop_at(5.0))
    assert not TakenSamples(store).has_near_copy_of("zoe", crop_at(8.0), "another")


def test_a_sample_that_is_added_later_counts_at_once(store: SampleStore) -> None:
    """What was read before is not the last word."""
    taken = TakenSamples(store)
    assert not taken.has_near_copy_of("zoe", crop_at(5.0), "another")
    store_sample(store, crop_at(5.0))
    assert taken.has_near_copy_of("zoe", crop_at(5.0), "another")


def test_a_sample_that_was_deleted_counts_no_more(store: SampleStore) -> None:
    """The store is the truth."""
    path = store_sample(store, crop_at(5.0))
    taken = TakenSamples(store)
    assert taken.has_near_copy_of("zoe", crop_at(5.0), "another")
    path.unlink()
    assert not taken.has_near_copy_of("zoe", crop_at(5.0), "another")


def test_another_persons_samples_do_not_count(store: SampleStore) -> None:
    """Neither before nor after somebody else was asked about."""
    store_sample(store, crop_at(5.0))
    taken = TakenSamples(store)
    assert taken.has_near_copy_of("zoe", crop_at(5.0), "another")
    assert not taken.has_near_copy_of("karan", crop_at(5.0), "another")
    assert taken.has_near_copy_of("zoe", crop_at(5.0), "another")


def test_a_sample_that_cannot_be_read_is_passed_over(store: SampleStore) -> None:
    """One damaged file stops nobody's enrolment."""
    store_sample(store, crop_at(5.0)).with_name("damaged.jpg").write_bytes(b"no picture")
    assert TakenSamples(store).has_near_copy_of("zoe", crop_at(5.0), "another")

"""Encrypted samples and strangers' faces are kept for as long as plain ones, whenever they were encrypted."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from familiar.shared.contract.messages import Split
from familiar.shared.people.retention import Expired, expire
from familiar.shared.runtime.settings import RetentionSettings
from familiar.shared.stores.convert_faces import convert_faces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.sealing import KEY_BYTES, Seals, is_sealed
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.builders import crop, origin

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def seals(home: Path) -> Seals:
    """Give the seals of a home with a key."""
    return Seals(home, os.urandom(KEY_BYTES))


def enrol(samples: SampleStore, name: str, *ages: int) -> None:
    """Enrol somebody with samples of so many days ago."""
    slug = samples.register(name).slug
    for number, age in enumerate(ages):
        samples.add(slug, Split.TRAIN, crop(number * 9 + len(name)), origin(number, NOW - age * DAY), None)


def grow_old(path: Path, days: int) -> None:
    """Let a file be as old as that."""
    then = (NOW - days * DAY).timestamp()
    os.utime(path, (then, then))


def test_sealed_samples_are_as_old_as_their_pictures_say(home: Path, seals: Seals, client: redis.Redis) -> None:
    """And not as their files, which are all new; who has none left to train on is forgotten."""
    samples, strangers = SampleStore(home, seals=seals), StrangerStore(home, seals=seals)
    enrol(samples, "Zoe", 50, 3, 2)
    enrol(samples, "Karan", 60, 50)
    strangers.add(StrangerSource.MARKED, crop(90), None)
    grow_old(home / "strangers" / "marked" / f"{strangers.face_ids(StrangerSource.MARKED)[0]}.jpg", 366)
    assert all(is_sealed(path.read_bytes()) for path in home.rglob("*.jpg"))

    settings = RetentionSettings(home=home, keep_samples_days=30)
    done = expire(client, samples, strangers, ModelStore(home), settings, NOW)
    assert done == Expired(people=1, samples=1, strangers=1)
    assert [(person.slug, person.train_samples) for person in samples.people()] == [("zoe", 2)]
    assert strangers.count(StrangerSource.MARKED) == 0


def test_encrypting_and_decrypting_keeps_the_age_of_what_was_stored(home: Path, seals: Seals) -> None:
    """Else a face would be kept for another year with each of them."""
    plain, strangers = SampleStore(home), StrangerStore(home)
    enrol(plain, "Zoe", 50)
    (home / "samples" / "train" / "zoe" / "photo.jpg").write_bytes(crop(1))
    strangers.add(StrangerSource.GIVEN, crop(90), None)
    for path in home.rglob("*.jpg"):
        grow_old(path, 100)
    taken, stored = plain.taken("zoe", Split.TRAIN), strangers.stored(StrangerSource.GIVEN)
    assert sorted((NOW - moment).days for moment in taken.values()) == [50, 100]

    for encrypted in (True, False):
        assert convert_faces(home, seals, encrypted=encrypted).changed == 3
        assert {is_sealed(path.read_bytes()) for path in home.rglob("*.jpg")} == {encrypted}
        # It reads each file anew.
        assert SampleStore(home, seals=seals).taken("zoe", Split.TRAIN) == taken
        assert strangers.stored(StrangerSource.GIVEN) == stored

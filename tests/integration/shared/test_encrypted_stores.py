"""Encrypted samples and strangers' faces: they work as plain ones do, and whoever has only the disk sees nobody."""

import hashlib
import os
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import redis

from familiar.services.trainer.data.read_samples import read_training_samples
from familiar.services.trainer.data.read_strangers import read_strangers
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.shared.contract.errors import BrokenSeal, KeyMissing, KeyWrong
from familiar.shared.contract.messages import Split
from familiar.shared.people.forget import forget_person
from familiar.shared.stores.convert_faces import convert_faces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.near_copy import TakenSamples
from familiar.shared.stores.sample_origin import read_origin, with_origin
from familiar.shared.stores.samples import Addition, SampleStore
from familiar.shared.stores.sealing import KEY_BYTES, Seals, is_sealed
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import decode_image
from tests.builders import crop, origin

KEY, OTHER_KEY = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)


def fill(home: Path, seals: Seals) -> SampleStore:
    """Store samples of two people and faces of strangers."""
    samples, strangers = SampleStore(home, seals=seals), StrangerStore(home, seals=seals)
    for person, name in enumerate(("Zoe", "Karan")):
        slug = samples.register(name).slug
        for number in range(4):
            split = Split.TRAIN if number < 3 else Split.TEST
            samples.add(slug, split, crop(10 * person + number), origin(number), None)
    for number in (90, 91):
        strangers.add(StrangerSource.GIVEN, crop(number), None)
    return samples


@pytest.fixture
def seals(home: Path) -> Seals:
    """Give the seals of a home with a key."""
    return Seals(home, KEY)


@pytest.fixture
def store(home: Path, seals: Seals) -> SampleStore:
    """Give an encrypted store of Zoe and Karan."""
    return fill(home, seals)


def faces(home: Path) -> list[Path]:
    """Give the files of all faces."""
    return sorted(home.glob("s*/*/**/*.jpg"))


def test_no_file_shows_a_face_or_says_where_it_was_taken(home: Path, store: SampleStore) -> None:
    """Nor does any begin like a JPEG; the names of files and folders are as before."""
    assert store.count("zoe", Split.TRAIN) == 3
    plain = [with_origin(crop(number), origin(number)) for number in range(3)]
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"\xff\xd8\xff" not in data
            assert b"captured_at" not in data
            assert not any(picture[200:264] in data for picture in plain)
    assert len(faces(home)) == 10
    assert all(is_sealed(path.read_bytes()) for path in faces(home))


def test_encrypted_stores_answer_as_plain_ones(home: Path, store: SampleStore, tmp_path: Path) -> None:
    """The same people, ids, origins, sessions and pictures, in the same order."""
    plain = fill(tmp_path / "plain", Seals(tmp_path / "plain"))
    assert store.people() == plain.people()
    for split in Split:
        found, expected = store.samples("zoe", split), plain.samples("zoe", split)
        assert [(s.sample_id, s.jpeg, s.origin) for s in found] == [(s.sample_id, s.jpeg, s.origin) for s in expected]
        assert all(hashlib.sha256(sample.jpeg).hexdigest() == sample.sample_id for sample in found)
    assert store.newest_enrolled("zoe", "door") == plain.newest_enrolled("zoe", "door")
    strangers, plain_strangers = StrangerStore(home, seals=store.seals), StrangerStore(tmp_path / "plain")
    assert [face.jpeg for face in strangers.faces()] == [face.jpeg for face in plain_strangers.faces()]
    # Another process reads what this one knows already.
    assert SampleStore(home, seals=store.seals).people() == plain.people()


def test_training_reads_the_same_pictures(home: Path, store: SampleStore, tmp_path: Path) -> None:
    """Of people and of strangers."""
    plain = fill(tmp_path / "plain", Seals(tmp_path / "plain"))
    found, expected = (read_training_samples(each, split_strangers(())) for each in (store, plain))
    assert np.array_equal(found.train_images, expected.train_images)
    assert np.array_equal(found.test_images, expected.test_images)
    assert found.people == expected.people
    strangers = read_strangers(StrangerStore(home, seals=store.seals), None)
    assert strangers.faces == {"given": 2}
    assert strangers.passed_over == 0


def test_a_sample_again_a_near_copy_and_a_full_session_are_noticed(store: SampleStore) -> None:
    """By what the files hold, which is never the same twice."""
    assert store.add("zoe", Split.TRAIN, crop(0), origin(0), None) is Addition.PRESENT
    assert TakenSamples(store).has_near_copy_of("zoe", decode_image(crop(0)), "another frame")
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert not TakenSamples(store).has_near_copy_of("zoe", noise, "another frame")
    session = read_origin(store.samples("zoe", Split.TRAIN)[0].jpeg)
    assert session is not None
    assert store.count_session("zoe", session.enrolment_id).train == 3
    assert store.add("zoe", Split.TRAIN, crop(5), origin(5), 3) is Addition.FULL


def test_samples_are_withdrawn_deleted_and_forgotten(home: Path, store: SampleStore, client: redis.Redis) -> None:
    """Also by whoever has lost the key."""
    withdrawn, deleted, *_ = sorted(store.sample_ids("zoe"))
    store.withdraw(withdrawn)
    store.delete("zoe", deleted)
    assert len(store.sample_ids("zoe")) == 2
    keyless = SampleStore(home)
    assert [(person.slug, person.train_samples + person.test_samples) for person in keyless.people()] == [
        ("karan", 4),
        ("zoe", 2),
    ]
    assert forget_person(client, keyless, ModelStore(home), "zoe").samples == 2
    assert [person.slug for person in store.people()] == ["karan"]
    assert not list(home.rglob("zoe*"))


def test_without_the_key_nothing_is_read_and_nothing_plain_is_added(home: Path, store: SampleStore) -> None:
    """By name; nothing is lost, and with the key all is there again."""
    (sample_id, *_) = store.sample_ids("zoe")
    for seals, error in ((Seals(home), KeyMissing), (Seals(home, OTHER_KEY), KeyWrong)):
        other, strangers = SampleStore(home, seals=seals), StrangerStore(home, seals=seals)
        before = {path: path.read_bytes() for path in faces(home)}
        with pytest.raises(error):
            seals.require_key()
        with pytest.raises(error):
            other.read("zoe", sample_id)
        with pytest.raises(error):
            other.samples("zoe", Split.TRAIN)
        with pytest.raises(error):
            other.add("zoe", Split.TRAIN, crop(50), origin(50), None)
        with pytest.raises(error):
            strangers.faces()
        with pytest.raises(error):
            strangers.add(StrangerSource.GIVEN, crop(51), None)
        with pytest.raises(error):
            convert_faces(home, seals, encrypted=False)
        assert {path: path.read_bytes() for path in faces(home)} == before
    assert store.read("zoe", sample_id) is not None


def test_a_file_in_the_place_of_another_one_is_nobody_s_face(home: Path, store: SampleStore) -> None:
    """Of another sample or another person: it is refused, and training passes it over."""
    zoe, karan = (home / "samples" / "train" / slug for slug in ("zoe", "karan"))
    first, second, third = sorted(zoe.glob("*.jpg"))
    shutil.copy(first, second)
    shutil.copy(third, karan / third.name)
    for person, sample_id in (("zoe", second.stem), ("karan", third.stem)):
        with pytest.raises(BrokenSeal):
            store.read(person, sample_id)
    assert [sample.jpeg == b"" for sample in store.samples("zoe", Split.TRAIN)].count(True) == 1
    assert store.person("zoe").train_samples == 3
    assert TakenSamples(store).has_near_copy_of("zoe", decode_image(store.read("zoe", first.stem) or b""), "frame")
    strangers = StrangerStore(home, seals=store.seals)
    given = sorted((home / "strangers" / "given").glob("*.jpg"))
    shutil.copy(given[0], given[1])
    assert [bool(face.jpeg) for face in strangers.faces()] == [True, False]
    assert read_strangers(strangers, None).passed_over == 1


def test_plain_files_of_before_are_read_and_encrypted_by_command(home: Path, seals: Seals) -> None:
    """While they are used; nothing of them changes but the bytes on the disk. A second time there is nothing to do."""
    before = fill(home, Seals(home))
    known = before.people()
    pictures = {sample.sample_id: sample.jpeg for sample in before.samples("zoe", Split.TRAIN)}
    seals.require_key()
    mixed = SampleStore(home, seals=seals)
    mixed.add("zoe", Split.TRAIN, crop(5), origin(5), None)
    assert mixed.person("zoe").train_samples == 4
    assert [is_sealed(path.read_bytes()) for path in faces(home)].count(True) == 1

    assert convert_faces(home, seals, encrypted=True) == (10, 0)
    assert all(is_sealed(path.read_bytes()) for path in faces(home))
    assert all(path.stat().st_mode & 0o077 == 0 for path in faces(home))
    assert convert_faces(home, seals, encrypted=True) == (0, 0)
    assert {s.sample_id: s.jpeg for s in mixed.samples("zoe", Split.TRAIN)}.items() >= pictures.items()
    mixed.delete("zoe", (mixed.sample_ids("zoe") - pictures.keys() - before.sample_ids("karan")).pop())
    assert SampleStore(home, seals=seals).person("karan") == known[0]


def test_decrypted_a_home_needs_no_key(home: Path, store: SampleStore, seals: Seals) -> None:
    """A damaged face stays as it is, and is counted."""
    damaged = faces(home)[0]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert convert_faces(home, seals, encrypted=False) == (9, 1)
    keyless = Seals(home)
    keyless.require_key()
    assert SampleStore(home, seals=keyless).person("zoe").train_samples == store.person("zoe").train_samples
    assert [is_sealed(path.read_bytes()) for path in faces(home)].count(True) == 1


def test_whoever_is_forgotten_while_faces_are_encrypted_does_not_come_back(
    home: Path, seals: Seals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of files is of before."""
    store = fill(home, Seals(home))
    strangers = StrangerStore(home)
    convert = Seals.convert
    gone: list[Path] = []

    def forget_first(own: Seals, path: Path, label: str, *, encrypted: bool) -> bool:
        changed = convert(own, path, label, encrypted=encrypted)
        if not gone:
            gone.append(path)
            # In another process, which waits for the lock.
            shutil.rmtree(home / "samples" / "train" / "zoe")
        return changed

    monkeypatch.setattr(Seals, "convert", forget_first)
    convert_faces(home, seals, encrypted=True)
    assert store.count("zoe", Split.TRAIN) == 0
    assert strangers.count(StrangerSource.GIVEN) == 2


def test_a_day_passes_with_a_key(home: Path, store: SampleStore, seals: Seals) -> None:
    """Sessions and days are counted by what stands in the sealed pictures."""
    later = origin(7).model_copy(update={"captured_at": origin(7).captured_at + timedelta(days=1), "enrolment_id": "b"})
    store.add("zoe", Split.TRAIN, crop(7), later, None)
    person = SampleStore(home, seals=seals).person("zoe")
    assert (person.sessions, person.days) == (2, 2)

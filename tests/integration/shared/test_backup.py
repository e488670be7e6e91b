"""Backups on a real disk: what is restored answers as before, and nothing else is ever put in place."""

import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from familiar.services.inference.model.predictor import load_predictor
from familiar.shared.archive.backup import write_backup
from familiar.shared.archive.export_person import export_person
from familiar.shared.archive.index import INDEX
from familiar.shared.archive.restore import restore_backup
from familiar.shared.contract.errors import BackupOutdated, BrokenBackup, KeyMissing, KeyWrong, RestoreRefused
from familiar.shared.contract.messages import Split
from familiar.shared.stores.convert_faces import convert_faces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.sealing import KEY_BYTES, Seals
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import encode_jpeg
from tests.builders import NOON, origin, publish_version
from tests.colour_crops import SIDE
from tests.colour_model import publish_colours

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def fill(home: Path) -> None:
    """Enrol two people with a few samples, keep a stranger, and publish two versions of which the first is pinned."""
    samples, strangers, models = SampleStore(home), StrangerStore(home), ModelStore(home)
    crops = np.random.default_rng(1).integers(0, 255, (8, 20, 20, 3), np.uint8)
    for number, crop in enumerate(crops):
        person = samples.register(("Zoë", "Karan")[number % 2])
        split = Split.TEST if number > 5 else Split.TRAIN
        samples.add(person.slug, split, encode_jpeg(crop), origin(number), 10)
    # Larger than what tar files are written by at once, so that a test can do something in the middle.
    noise = np.random.default_rng(3).integers(0, 255, (200, 200, 3), np.uint8)
    strangers.add(StrangerSource.GIVEN, encode_jpeg(noise), None)
    publish_colours(models)
    publish_colours(models)
    models.activate(1)


def backup_of(home: Path) -> bytes:
    """Give the bytes of a backup."""
    file = io.BytesIO()
    write_backup(home, file, NOON)
    return file.getvalue()


def files_of(home: Path) -> dict[str, bytes]:
    """Give every file below a home but locks."""
    found = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.endswith(".lock")}


def rewritten(backup: bytes, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]) -> bytes:
    """Give a backup whose members went through `change`; None leaves one out."""
    file = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(backup)) as before, tarfile.open(fileobj=file, mode="w") as after:
        for member in before:
            data = before.extractfile(member)
            assert data is not None
            if (changed := change(member, data.read())) is not None:
                changed[0].size = len(changed[1])
                after.addfile(changed[0], io.BytesIO(changed[1]))
    return file.getvalue()


def damaged(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Change one byte of every sample."""
    return member, data[:-1] + bytes([data[-1] ^ 1]) if member.name.startswith("samples/") else data


def without_samples(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes] | None:
    """Leave the samples out."""
    return None if member.name.startswith("samples/") else (member, data)


def newer(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a later format have been written."""
    return member, json.dumps({**json.loads(data), "format": 2}).encode() if member.name == INDEX else data


def outside(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a person's card lead out of the home."""
    member.name = member.name.replace("people/", "people/../../")
    return member, data


def elsewhere(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a person's card lie where no store is."""
    member.name = member.name.replace("people/", "access/")
    return member, data


def absolute(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a person's card have a path from the root."""
    member.name = member.name.replace("people/", "/people/")
    return member, data


def nameless(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a person's card have no name at all."""
    member.name = "" if member.name.startswith("people/") else member.name
    return member, data


def in_place_of_a_folder(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a person's card have the name of the folder of all cards."""
    member.name = "people" if member.name == "people/karan.json" else member.name
    return member, data


def endless(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a card of some bytes be a sparse file that is as long as a disk."""
    if member.name == "people/karan.json":
        member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(10**15)}
        data = b"1\n0\n1\n".ljust(512, b"\0")
    return member, data


def numberless(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a number in a header be none."""
    member.pax_headers = {"GNU.sparse.map": "a,b"}
    return member, data


def too_long(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a card have a name that no file system takes."""
    member.name = f"people/{'x' * 300}" if member.name == "people/karan.json" else member.name
    return member, data


def below_a_file(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Let a card be a file, and a folder with the other one."""
    member.name = "people/karan.json/zoe.json" if member.name == "people/zoe.json" else member.name
    return member, data


@pytest.fixture
def backup(home: Path) -> bytes:
    """Give the backup of a home with people and versions."""
    fill(home)
    return backup_of(home)


def test_what_is_restored_is_the_same_byte_by_byte(home: Path, backup: bytes, tmp_path: Path) -> None:
    """People, samples, strangers, versions, and which version is served."""
    index = restore_backup(tmp_path / "restored", io.BytesIO(backup))
    assert files_of(tmp_path / "restored") == files_of(home)
    assert index.in_words() == "2 people, 8 samples, 1 strangers' faces, 2 model versions"
    assert SampleStore(tmp_path / "restored").people() == SampleStore(home).people()
    assert ModelStore(tmp_path / "restored").current() == 1


def test_a_restored_version_gives_the_same_answers_to_a_hundred_pictures(
    home: Path, backup: bytes, tmp_path: Path
) -> None:
    """To the last bit."""
    restore_backup(tmp_path / "restored", io.BytesIO(backup))
    crops = list(np.random.default_rng(2).integers(0, 255, (100, SIDE, SIDE, 3), np.uint8))
    before, after = (load_predictor(ModelStore(path), 1).confidences(crops) for path in (home, tmp_path / "restored"))
    np.testing.assert_array_equal(before, after)


def test_interrupted_trainings_and_partial_files_are_left_out(home: Path) -> None:
    """They are worth nothing elsewhere."""
    fill(home)
    before = backup_of(home)
    (home / "models" / "job.checkpoint").write_bytes(b"state")
    (home / "models" / ".partial-x").mkdir()
    (home / "models" / ".partial-x" / "model.tflite").write_bytes(b"half")
    (home / "people" / ".partial-y").write_bytes(b"half")
    assert backup_of(home) == before


def test_a_link_out_of_the_home_is_not_followed(home: Path, tmp_path: Path) -> None:
    """What it leads to is nobody's sample."""
    fill(home)
    before = backup_of(home)
    (tmp_path / "secret").write_bytes(b"somebody's file")
    (home / "samples" / "train" / "karan" / "link.jpg").symlink_to(tmp_path / "secret")
    assert backup_of(home) == before


def test_an_interrupted_restore_can_be_repeated(home: Path, backup: bytes, tmp_path: Path) -> None:
    """Some people and a version are in place, an earlier attempt's folder is left, the served version is not said."""
    restored = tmp_path / "restored"
    restore_backup(restored, io.BytesIO(backup))
    (restored / "models" / "current").unlink()
    (restored / "models" / "pinned").unlink()
    (restored / "people" / "karan.json").unlink()
    (restored / ".partial-restore-x").mkdir()
    (restored / ".partial-restore-x" / "model.tflite").write_bytes(b"half")
    restore_backup(restored, io.BytesIO(backup))
    assert files_of(restored) == files_of(home)


@pytest.mark.parametrize(
    "change",
    [
        *(damaged, without_samples, outside, elsewhere, absolute, nameless, in_place_of_a_folder, newer),
        *(endless, numberless, too_long, below_a_file),
    ],
)
def test_a_changed_backup_is_refused_as_a_whole(
    backup: bytes, tmp_path: Path, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]
) -> None:
    """Nothing of it is put in place, in the home or beside it."""
    with pytest.raises(BrokenBackup):
        restore_backup(tmp_path / "in" / "restored", io.BytesIO(rewritten(backup, change)))
    assert files_of(tmp_path / "in") == {}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_file_is_refused(backup: bytes, tmp_path: Path, kind: bytes) -> None:
    """A link in a backup could lead anywhere."""

    def linked(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name == "people/karan.json":
            member.type, member.linkname, data = kind, "/etc/passwd", b""
        return member, data

    with pytest.raises(BrokenBackup):
        restore_backup(tmp_path / "restored", io.BytesIO(rewritten(backup, linked)))
    assert files_of(tmp_path / "restored") == {}


def test_half_a_backup_is_refused_wherever_it_breaks_off(backup: bytes, tmp_path: Path) -> None:
    """In the middle of a file, between two, and before its list; no file at all, too."""
    for length in (0, 100, *range(512, len(backup) - 10_240, len(backup) // 20)):
        with pytest.raises(BrokenBackup):
            restore_backup(tmp_path / "restored", io.BytesIO(backup[:length]))
        assert files_of(tmp_path / "restored") == {}


def test_something_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    """With a sentence, not a traceback."""
    with pytest.raises(BrokenBackup):
        restore_backup(tmp_path / "restored", io.BytesIO(b"hello" * 1000))


def enrol_bea(home: Path) -> None:
    """Enrol somebody who is in no backup."""
    SampleStore(home).register("Bea")


def publish_bea(home: Path) -> None:
    """Publish a version that is in no backup."""
    publish_version(ModelStore(home), "bea")


@pytest.mark.parametrize("occupy", [enrol_bea, publish_bea])
def test_other_people_are_never_mixed_with_those_of_a_backup(
    backup: bytes, tmp_path: Path, occupy: Callable[[Path], None]
) -> None:
    """Nor their versions."""
    other = tmp_path / "other"
    occupy(other)
    before = files_of(other)
    with pytest.raises(RestoreRefused):
        restore_backup(other, io.BytesIO(backup))
    assert files_of(other) == before


def test_a_backup_during_which_somebody_is_forgotten_is_none(home: Path) -> None:
    """The file holds them: it says so, instead of keeping them."""
    fill(home)

    class Forgetting(io.BytesIO):
        def write(self, data: "ReadableBuffer", /) -> int:
            if (home / "people" / "karan.json").exists():
                SampleStore(home).forget("karan")
            return super().write(data)

    with pytest.raises(BackupOutdated):
        write_backup(home, Forgetting(), datetime.now(tz=NOON.tzinfo))


def test_a_single_face_that_goes_meanwhile_is_left_out(home: Path, tmp_path: Path) -> None:
    """The backup is one of what is left."""
    fill(home)
    (gone, *_) = SampleStore(home).samples("karan", Split.TRAIN)

    class Deleting(io.BytesIO):
        def write(self, data: "ReadableBuffer", /) -> int:
            gone.path.unlink(missing_ok=True)
            return super().write(data)

    file = Deleting()
    write_backup(home, file, NOON)
    file.seek(0)
    restore_backup(tmp_path / "restored", file)
    assert files_of(tmp_path / "restored") == files_of(home)


def sealed_home(home: Path) -> Seals:
    """Fill a home whose faces are encrypted, and give the seals."""
    fill(home)
    seals = Seals(home, os.urandom(KEY_BYTES))
    convert_faces(home, seals, encrypted=True)
    return seals


def test_a_backup_holds_faces_as_they_are_on_the_disk(home: Path, tmp_path: Path) -> None:
    """Who has it and not the key sees nobody. Restored, it asks for the key, and with it answers as before."""
    seals = sealed_home(home)
    before = SampleStore(home, seals=seals).samples("zoe", Split.TRAIN)
    data = backup_of(home)
    assert not any(sample.jpeg[100:300] in data for sample in before)
    copy = tmp_path / "copy"
    assert "8 samples, 1 strangers' faces" in restore_backup(copy, io.BytesIO(data)).in_words()
    with pytest.raises(KeyMissing):
        Seals(copy).require_key()
    with pytest.raises(KeyMissing):
        SampleStore(copy).samples("zoe", Split.TRAIN)
    with pytest.raises(KeyWrong):
        Seals(copy, os.urandom(KEY_BYTES)).require_key()
    own = Seals(copy, seals._key)
    own.require_key()
    after = SampleStore(copy, seals=own).samples("zoe", Split.TRAIN)
    assert [(sample.sample_id, sample.jpeg) for sample in after] == [
        (sample.sample_id, sample.jpeg) for sample in before
    ]
    assert files_of(copy) == {name: data for name, data in files_of(home).items() if not name.startswith("forgotten")}


def test_a_plain_backup_is_restored_into_a_home_with_a_key(home: Path, tmp_path: Path) -> None:
    """As where services run there already; what is added is encrypted, and `familiar encrypt` does the rest."""
    fill(home)
    copy = tmp_path / "copy"
    seals = Seals(copy, os.urandom(KEY_BYTES))
    seals.require_key()
    restore_backup(copy, io.BytesIO(backup_of(home)))
    seals.require_key()
    assert SampleStore(copy, seals=seals).people() == SampleStore(home).people()
    assert convert_faces(copy, seals, encrypted=True).changed == 9


def test_a_backup_of_another_key_is_refused(home: Path, tmp_path: Path) -> None:
    """Else a home would have two keys."""
    sealed_home(home)
    copy = tmp_path / "copy"
    Seals(copy, os.urandom(KEY_BYTES)).require_key()
    with pytest.raises(RestoreRefused):
        restore_backup(copy, io.BytesIO(backup_of(home)))


def test_an_export_is_plain(home: Path, tmp_path: Path) -> None:
    """The person who asked for it has no key."""
    seals = sealed_home(home)
    file = tmp_path / "zoe.zip"
    with file.open("wb") as target:
        export_person(SampleStore(home, seals=seals), ModelStore(home), "zoe", target)
    with zipfile.ZipFile(file) as archive:
        pictures = {name.partition("/")[2][:-4]: archive.read(name) for name in archive.namelist() if "/" in name}
    assert len(pictures) == 4
    assert all(hashlib.sha256(jpeg).hexdigest() == sample_id for sample_id, jpeg in pictures.items())

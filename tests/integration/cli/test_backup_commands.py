"""The commands backup, restore and export, on files and on pipes."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from familiar.shared.contract.messages import Split
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import encode_jpeg
from tests.builders import origin, publish_version
from tests.command_line import familiar


@pytest.fixture
def enrolled(home: Path) -> Path:
    """Give a home in which Karan and Zoë have a sample, and in which a version knows Karan, a later one does not."""
    samples = SampleStore(home)
    for number, name in enumerate(("Karan", "Zoë")):
        samples.add(
            samples.register(name).slug, Split.TRAIN, encode_jpeg(np.full((64, 64, 3), 90, np.uint8)), origin(number), 1
        )
    publish_version(ModelStore(home), "karan")
    publish_version(ModelStore(home), "zoe")
    return home


def test_a_backup_is_restored_by_the_command_line(enrolled: Path, tmp_path: Path) -> None:
    """What both say is read by whoever ran them; the file is its owner's alone."""
    file = tmp_path / "familiar.tar"
    backed_up = familiar("backup", str(file), FAMILIAR_HOME=str(enrolled))
    restored = familiar("restore", str(file), FAMILIAR_HOME=str(tmp_path / "restored"))
    assert (backed_up.returncode, restored.returncode) == (0, 0)
    assert "2 people, 2 samples, 0 strangers' faces, 2 model versions" in restored.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SampleStore(tmp_path / "restored").people() == SampleStore(enrolled).people()


def test_a_backup_goes_through_pipes(enrolled: Path, tmp_path: Path) -> None:
    """As out of a container and into another."""
    command = [sys.executable, "-m", "familiar.cli.main"]
    written = subprocess.run(
        [*command, "backup", "-"],
        env={**os.environ, "FAMILIAR_HOME": str(enrolled)},
        capture_output=True,
        check=True,
    )
    subprocess.run(
        [*command, "restore", "-"],
        env={**os.environ, "FAMILIAR_HOME": str(tmp_path / "restored")},
        input=written.stdout,
        capture_output=True,
        check=True,
    )
    assert ModelStore(tmp_path / "restored").current() == 2


def test_a_backup_that_fails_keeps_the_one_before(enrolled: Path, tmp_path: Path) -> None:
    """Nothing half-written takes its place, or stays beside it."""
    file = tmp_path / "backups" / "familiar.tar"
    file.parent.mkdir()
    file.write_bytes(b"the last one")
    # More than a backup may write.
    ran = subprocess.run(
        ["sh", "-c", f'ulimit -f 4; trap "" XFSZ; exec {sys.executable} -m familiar.cli.main backup {file}'],
        env={**os.environ, "FAMILIAR_HOME": str(enrolled), "COLUMNS": "400"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1
    assert b"File too large" in ran.stderr
    assert [(path.name, path.read_bytes()) for path in file.parent.iterdir()] == [("familiar.tar", b"the last one")]


def test_an_export_holds_what_is_stored_of_one_person_and_of_nobody_else(enrolled: Path, tmp_path: Path) -> None:
    """The name, each sample with its origin, and which versions know them."""
    file = tmp_path / "karan.zip"
    assert familiar("export", "Karan", str(file), FAMILIAR_HOME=str(enrolled)).returncode == 0
    (sample,) = SampleStore(enrolled).samples("karan", Split.TRAIN)
    with zipfile.ZipFile(file) as archive:
        described = json.loads(archive.read("person.json"))
        name = f"train/{sample.sample_id}.jpg"
        assert set(archive.namelist()) == {"person.json", name}
        assert archive.read(name) == sample.jpeg
    assert (described["name"], described["model_versions"]) == ("Karan", [1])
    assert described["samples"] == [{"file": name, "origin": origin(0).model_dump(mode="json")}]


def test_whoever_is_not_enrolled_has_no_export(enrolled: Path, tmp_path: Path) -> None:
    """A sentence, and no file."""
    ran = familiar("export", "Bea", str(tmp_path / "bea.zip"), FAMILIAR_HOME=str(enrolled))
    assert (ran.returncode, "bea" in ran.stderr) == (1, True)
    assert list(tmp_path.glob("*bea*")) == []

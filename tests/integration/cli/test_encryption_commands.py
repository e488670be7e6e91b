"""familiar key, encrypt and decrypt, and services that do without the key what they can: nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.sealing import is_sealed
from tests.builders import crop, origin
from tests.command_line import Ran, familiar


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a file with a new key."""
    path = tmp_path / "key"
    made = familiar("key", "new", str(path))
    assert made.returncode == 0
    assert f"FAMILIAR_KEY_FILE={path}" in made.stdout
    assert path.read_text().strip() not in made.stdout
    return path


@pytest.fixture
def sample(home: Path) -> Path:
    """Give the file of a sample of Zoe, in the clear."""
    store = SampleStore(home)
    store.register("Zoe")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    (path,) = home.rglob("*.jpg")
    return path


def run(home: Path, *arguments: str, **environment: str) -> Ran:
    """Run a command on a home."""
    return familiar(*arguments, FAMILIAR_HOME=str(home), **environment)


def test_what_is_there_is_encrypted_and_decrypted(home: Path, sample: Path, key_file: Path) -> None:
    """By key from a file; a second time nothing is left to do."""
    plain = sample.read_bytes()
    key = {"FAMILIAR_KEY_FILE": str(key_file)}
    assert "Encrypted 1 faces" in run(home, "encrypt", **key).stdout
    assert is_sealed(sample.read_bytes())
    assert "Encrypted 0 faces" in run(home, "encrypt", **key).stdout
    assert "Decrypted 1 faces" in run(home, "decrypt", **key).stdout
    assert sample.read_bytes() == plain
    assert SampleStore(home).person("zoe").sessions == 1


def test_the_doctor_counts_what_is_plain(home: Path, sample: Path, key_file: Path) -> None:
    """Whoever sets a key has to know that there is more to do."""
    key = {"FAMILIAR_KEY_FILE": str(key_file)}
    assert "no key is set" in run(home, "doctor").stdout
    assert "plain ones from before: 1, which `familiar encrypt`" in run(home, "doctor", **key).stdout
    run(home, "encrypt", **key)
    assert is_sealed(sample.read_bytes())
    assert "plain ones from before: 0" in run(home, "doctor", **key).stdout
    assert "Set FAMILIAR_KEY_FILE or" in run(home, "doctor").stdout


def test_without_a_key_there_is_nothing_to_encrypt_with(home: Path, sample: Path) -> None:
    """The sentence says how to get one."""
    ran = run(home, "encrypt")
    assert ran.returncode == 1
    assert "familiar key new" in ran.stderr
    assert not is_sealed(sample.read_bytes())


@pytest.mark.parametrize("arguments", [[], ["FILE", "--keyring"]])
def test_a_key_is_in_one_place(arguments: list[str], tmp_path: Path) -> None:
    """In a file or in the keyring."""
    ran = familiar("key", "new", *[str(tmp_path / "k") if word == "FILE" else word for word in arguments])
    assert ran.returncode == 1
    assert not (tmp_path / "k").exists()


def test_a_key_is_never_replaced(key_file: Path) -> None:
    """By a second `familiar key new`."""
    before = key_file.read_bytes()
    assert familiar("key", "new", str(key_file)).returncode == 1
    assert key_file.read_bytes() == before


@pytest.mark.parametrize("service", ["extractor", "trainer", "inference"])
@pytest.mark.usefixtures("client")
def test_no_service_starts_without_the_key_of_an_encrypted_home(
    home: Path, sample: Path, key_file: Path, redis_url: str, service: str, tmp_path: Path
) -> None:
    """It says so in one sentence, and with a wrong or an unusable one, too."""
    run(home, "encrypt", FAMILIAR_KEY_FILE=str(key_file))
    sealed = sample.read_bytes()
    other = tmp_path / "other"
    familiar("key", "new", str(other))
    for path, words in (("", "no key is set"), (str(other), "another key"), (str(home), "cannot be read")):
        environment = {
            **os.environ,
            "FAMILIAR_HOME": str(home),
            "REDIS_URL": redis_url,
            "FAMILIAR_KEY_FILE": path,
            "FAMILIAR_PORT": "0",
        }
        command = [sys.executable, "-m", f"familiar.services.{service}"]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 2, ran.stderr
        assert words in ran.stderr
        assert len(ran.stderr.splitlines()) == 1
    assert sample.read_bytes() == sealed


@pytest.mark.usefixtures("sample")
def test_up_says_at_once_that_the_key_is_missing(home: Path, key_file: Path) -> None:
    """Instead of starting services that end again and again."""
    run(home, "encrypt", FAMILIAR_KEY_FILE=str(key_file))
    ran = run(home, "up")
    assert ran.returncode == 1
    assert "no key is set" in ran.stderr


@pytest.mark.usefixtures("sample")
def test_without_the_key_people_are_listed_and_forgotten_and_nothing_is_exported(
    home: Path, key_file: Path, redis_url: str, client: redis.Redis, tmp_path: Path
) -> None:
    """Whoever has lost it can still keep a promise to forget."""
    assert client
    run(home, "encrypt", FAMILIAR_KEY_FILE=str(key_file))
    exported = run(home, "export", "Zoe", str(tmp_path / "zoe.zip"))
    assert exported.returncode == 1
    assert "key missing" in exported.stderr
    assert not (tmp_path / "zoe.zip").exists()
    assert "zoe" in run(home, "people", REDIS_URL=redis_url).stdout
    assert "1 samples" in run(home, "forget", "Zoe", "--yes", REDIS_URL=redis_url).stdout
    assert not list(home.rglob("zoe*"))

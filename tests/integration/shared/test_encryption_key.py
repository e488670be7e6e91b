"""The key: in a file that is its owner's alone, or in the system's keyring."""

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import pytest
from keyring.backends import fail

from familiar.shared.contract.errors import KeyExists, KeyMissing, KeyUnusable, KeyWrong
from familiar.shared.runtime.settings import StoreSettings
from familiar.shared.stores.encryption_key import create_key_file, create_keyring_key, required_seals, seals_for


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring as a desktop has one."""

    # Else it would be looked for on every machine.
    priority = -1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Give what is kept."""
        return self._kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self._kept[service, username] = password


@pytest.fixture
def desktop() -> Iterator[None]:
    """Have a keyring."""
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a file with a new key."""
    path = tmp_path / "key"
    create_key_file(path)
    return path


def settings(path: Path) -> StoreSettings:
    """Give settings with a key file."""
    return StoreSettings(key_file=path)


def test_a_new_key_is_its_owner_s_alone_and_never_replaces_one(home: Path, key_file: Path) -> None:
    """It may be the only copy."""
    assert key_file.stat().st_mode & 0o777 == 0o600
    seals = required_seals(home, settings(key_file))
    assert seals.unseal("a", seals.seal("a", b"face")) == b"face"
    written = key_file.read_bytes()
    with pytest.raises(KeyExists):
        create_key_file(key_file)
    assert key_file.read_bytes() == written


def test_without_a_setting_there_is_no_key(home: Path) -> None:
    """And nothing is required or written."""
    assert not required_seals(home, StoreSettings()).has_key
    assert list(home.iterdir()) == []


def test_a_home_is_of_the_key_that_it_was_first_opened_with(home: Path, key_file: Path, tmp_path: Path) -> None:
    """From then on neither none nor another one will do."""
    required_seals(home, settings(key_file))
    other = tmp_path / "other"
    create_key_file(other)
    with pytest.raises(KeyWrong):
        required_seals(home, settings(other))
    with pytest.raises(KeyMissing):
        required_seals(home, StoreSettings())
    required_seals(home, settings(key_file))


def test_a_damaged_mark_does_not_make_a_home_plain(home: Path, key_file: Path) -> None:
    """The files know their key."""
    required_seals(home, settings(key_file))
    (home / "encryption" / "key.json").write_text("{")
    with pytest.raises(KeyMissing):
        required_seals(home, StoreSettings())
    required_seals(home, settings(key_file))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(home: Path, key_file: Path, mode: int) -> None:
    """With the command that mends it."""
    key_file.chmod(mode)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        seals_for(home, settings(key_file))


@pytest.mark.parametrize("content", [b"", b"a", b"A" * 43, b"\xff" * 44, b"A" * 4000, b"not base64!" * 4])
def test_what_is_no_key_is_refused_and_not_repeated(home: Path, key_file: Path, content: bytes) -> None:
    """Perhaps it is somebody's password."""
    key_file.write_bytes(content)
    with pytest.raises(KeyUnusable, match="familiar key new") as refused:
        seals_for(home, settings(key_file))
    assert len(content) < 2 or content.decode("latin-1") not in str(refused.value)


def test_what_is_no_file_is_refused_at_once(home: Path, tmp_path: Path) -> None:
    """Also a pipe, for which one would wait; a link to a key is one, as secrets are mounted so."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "gone", tmp_path, tmp_path / "pipe"):
        with pytest.raises(KeyUnusable, match="FAMILIAR_KEY_FILE"):
            seals_for(home, settings(path))
    create_key_file(tmp_path / "key")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    assert seals_for(home, settings(tmp_path / "link")).has_key


@pytest.mark.usefixtures("desktop")
def test_a_key_in_the_keyring_is_as_good(home: Path, key_file: Path) -> None:
    """It is made once; a file goes before it."""
    in_keyring = StoreSettings(keyring=True)
    with pytest.raises(KeyUnusable, match="familiar key new --keyring"):
        seals_for(home, in_keyring)
    create_keyring_key()
    with pytest.raises(KeyExists):
        create_keyring_key()
    sealed = required_seals(home, in_keyring).seal("a", b"face")
    assert seals_for(home, in_keyring).unseal("a", sealed) == b"face"
    with pytest.raises(KeyWrong):
        required_seals(home, StoreSettings(keyring=True, key_file=key_file))


def test_a_machine_without_a_keyring_says_so(home: Path) -> None:
    """As a server has none."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(KeyUnusable, match="FAMILIAR_KEY_FILE"):
            seals_for(home, StoreSettings(keyring=True))
        with pytest.raises(KeyUnusable):
            create_keyring_key()
    finally:
        keyring.set_keyring(before)

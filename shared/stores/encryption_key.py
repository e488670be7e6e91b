"""The key of a home: in a file, or in the system's keyring."""

import base64
import binascii
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from familiar.shared.contract.errors import KeyExists, KeyUnusable
from familiar.shared.runtime.files import open_regular
from familiar.shared.runtime.settings import StoreSettings
from familiar.shared.stores.sealing import KEY_BYTES, Seals

_SERVICE, _ENTRY = "familiar", "encryption-key"


def seals_for(home: Path, settings: StoreSettings) -> Seals:
    """Return the seals of a home, with the key of the settings, if any.

    Raises:
        KeyUnusable: the key cannot be read, or others can read it.
    """
    return Seals(home, _key_of(settings))


def required_seals(home: Path, settings: StoreSettings) -> Seals:
    """Return the seals of a home, with the right key: without it, a service must not start.

    Raises:
        KeyUnusable: see `seals_for`.
        KeyMissing, KeyWrong: see `Seals.require_key`.
    """
    seals = seals_for(home, settings)
    seals.require_key()
    return seals


def create_key_file(path: Path) -> None:
    """Write a new random key to a file that only its owner can read.

    Raises:
        KeyExists: there is such a file; it may be the key of a home.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyExists from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(_new_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def create_keyring_key() -> None:
    """Put a new random key into the system's keyring.

    Raises:
        KeyExists: there is one already.
        KeyUnusable: there is no keyring.
    """
    with _keyring_errors():
        import keyring  # noqa: PLC0415 - an extra, which few install

        if keyring.get_password(_SERVICE, _ENTRY) is not None:
            raise KeyExists
        keyring.set_password(_SERVICE, _ENTRY, _new_key().decode())


def _key_of(settings: StoreSettings) -> bytes | None:
    if settings.key_file is not None:
        return _parse(_read_key_file(settings.key_file), f"FAMILIAR_KEY_FILE, {settings.key_file},")
    if settings.keyring:
        return _parse(_read_keyring(), "The entry of the keyring")
    return None


def _read_key_file(path: Path) -> bytes:
    try:
        # Secrets are mounted as links.
        with open_regular(path.resolve()) as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyUnusable(f"Others can read FAMILIAR_KEY_FILE. Run `chmod 600 {path}`.")
            return file.read(4096)
    except OSError as error:
        raise KeyUnusable(
            f"FAMILIAR_KEY_FILE, {path}, cannot be read: {error.strerror}. {KeyUnusable().detail}"
        ) from error


def _read_keyring() -> bytes:
    with _keyring_errors():
        import keyring  # noqa: PLC0415 - an extra, which few install

        found = keyring.get_password(_SERVICE, _ENTRY)
    if found is None:
        raise KeyUnusable("The keyring has no key yet. Make one with `familiar key new --keyring`.")
    return found.encode()


@contextmanager
def _keyring_errors() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise KeyUnusable("FAMILIAR_KEYRING needs the package keyring: pip install 'familiar[keyring]'.") from error
    except Exception as error:
        if isinstance(error, KeyExists):
            raise
        # Backends raise errors of their own libraries, too.
        raise KeyUnusable(
            f"The keyring cannot be read ({type(error).__name__}). Unlock it, or use FAMILIAR_KEY_FILE."
        ) from error


def _new_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES))


def _parse(text: bytes, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnusable(f"{where} is no key of Familiar. {KeyUnusable().detail}")
    return key

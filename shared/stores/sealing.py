"""Encryption of faces: one key, AES-256-GCM, each file by itself and bound to its place.

A sealed file is `MAGIC`, the id of the key, the nonce, and the ciphertext with its tag. The label of a file, such as
`sample/train/zoe/<sample_id>`, is authenticated with it, so that no file passes for another one. What does not begin
with `MAGIC` is plain: files from before there was a key are read as they are.

    encryption/key.json                           the id of the key, from when a home was first opened with one
"""

import hashlib
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from familiar.shared.contract.errors import BrokenSeal, KeyMissing, KeyWrong
from familiar.shared.contract.messages import Message
from familiar.shared.runtime.files import make_folder, read_regular, write_atomically

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENCRYPTION = "encryption"
KEY_MARK = f"{ENCRYPTION}/key.json"
KEY_BYTES = 32
# No picture begins with a zero.
MAGIC = b"\x00familiar1"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_HEAD = len(MAGIC) + _KEY_ID_BYTES


class KeyMark(Message):
    """Which key a home is encrypted with."""

    key_id: str


class Seals:
    """Seals and unseals what one home holds, or leaves it as it is where there is no key."""

    def __init__(self, home: Path, key: bytes | None = None) -> None:
        """Use a key of `KEY_BYTES`, or none."""
        self._mark = home / KEY_MARK
        self._key = key

    @property
    def has_key(self) -> bool:
        """Whether what is written is encrypted."""
        return self._key is not None

    def require_key(self) -> None:
        """Check that the key is that of the home; a home that is not encrypted yet is marked with it.

        Raises:
            KeyMissing: the home is encrypted, and there is no key.
            KeyWrong: it is encrypted with another key.
        """
        marked = self._marked()
        if self._key is None:
            if marked is not None:
                raise KeyMissing
            return
        if marked is None:
            make_folder(self._mark.parent)
            write_atomically(self._mark, KeyMark(key_id=self._key_id.hex()).model_dump_json().encode())
        elif marked != self._key_id.hex():
            raise KeyWrong

    def unmark(self) -> None:
        """Declare the home plain, once everything in it is."""
        self._mark.unlink(missing_ok=True)

    def seal(self, label: str, data: bytes) -> bytes:
        """Encrypt what has a label; without a key, return it as it is.

        Raises:
            KeyMissing, KeyWrong: see `require_key`; nothing is added that is plain, or has another key than the rest.
        """
        self.require_key()
        if self._key is None:
            return data
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return MAGIC + self._key_id + nonce + self._cipher.encrypt(nonce, data, label.encode())

    def unseal(self, label: str, data: bytes) -> bytes:
        """Decrypt what `seal` made under the same label; what is plain is returned as it is.

        Raises:
            KeyMissing: there is no key.
            KeyWrong: it was sealed with another key.
            BrokenSeal: it is damaged, or was sealed under another label.
        """
        if not is_sealed(data):
            return data
        if self._key is None:
            raise KeyMissing
        if data[len(MAGIC) : _HEAD] != self._key_id:
            raise KeyWrong
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see `_cipher`

        nonce, sealed = data[_HEAD : _HEAD + _NONCE_BYTES], data[_HEAD + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, label.encode())
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal from error

    def convert(self, path: Path, label: str, *, encrypted: bool) -> bool:
        """Encrypt a file or decrypt it, unless it is so already, and return whether it was changed; its time stays.

        Raises:
            KeyMissing, KeyWrong, BrokenSeal: see `unseal`.
            OSError: the disk is full; the file is as it was.
        """
        data = read_regular(path)
        if is_sealed(data) == encrypted:
            return False
        # Retention counts from when it was stored.
        written_ns = path.lstat().st_mtime_ns
        write_atomically(path, self.seal(label, data) if encrypted else self.unseal(label, data), written_ns)
        return True

    @cached_property
    def _key_id(self) -> bytes:
        return hashlib.sha256(b"familiar key id" + (self._key or b"")).digest()[:_KEY_ID_BYTES]

    @cached_property
    def _cipher(self) -> "AESGCM":
        # Half of all processes and most homes have no key, and do without the library.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        return AESGCM(self._key or b"")

    def _marked(self) -> str | None:
        try:
            return KeyMark.model_validate_json(read_regular(self._mark)).key_id
        except FileNotFoundError:
            return None
        except ValidationError:
            # Damaged: the home is encrypted, and the files know with which key.
            return self._key_id.hex()


def is_sealed(data: bytes) -> bool:
    """Return whether data, or its beginning, is sealed."""
    return data.startswith(MAGIC)

"""Encrypts or decrypts the faces that are there already, while others go on using them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from familiar.shared.contract.errors import BrokenSeal, KeyMissing
from familiar.shared.runtime.files import is_regular, open_regular
from familiar.shared.stores.samples import sample_label, samples_lock
from familiar.shared.stores.sealing import MAGIC, Seals, is_sealed
from familiar.shared.stores.strangers import stranger_label, strangers_lock


class Converted(NamedTuple):
    """Numbers of files."""

    changed: int
    broken: int
    """Those that cannot be decrypted, as they are damaged or lie where others belong."""


def convert_faces(home: Path, seals: Seals, *, encrypted: bool) -> Converted:
    """Encrypt or decrypt all samples and strangers' faces. A call that is cut short is gone on with by the next one.

    Raises:
        KeyMissing, KeyWrong: see `Seals.unseal`.
        OSError: the disk is full; every file is whole.
    """
    seals.require_key()
    if not seals.has_key:
        raise KeyMissing(
            "No key is set. Make one with `familiar key new FILE`, and set FAMILIAR_KEY_FILE to that file."
        )
    changed = broken = 0
    for path, label, lock in _faces(home):
        # Whoever is deleted meanwhile must not be written back.
        with lock:
            try:
                changed += is_regular(path) and seals.convert(path, label(path), encrypted=encrypted)
            except FileNotFoundError:
                continue
            except BrokenSeal:
                broken += 1
    if not encrypted:
        seals.unmark()
    return Converted(changed, broken)


def count_plain(home: Path) -> int:
    """Count the faces that are not encrypted."""
    plain = 0
    for path, _, _ in _faces(home):
        with suppress(FileNotFoundError), open_regular(path) as file:
            plain += not is_sealed(file.read(len(MAGIC)))
    return plain


def _faces(home: Path) -> Iterator[tuple[Path, Callable[[Path], str], FileLock]]:
    for pattern, label, lock in (
        ("samples/*/*/*.jpg", sample_label, samples_lock(home)),
        ("strangers/*/*.jpg", stranger_label, strangers_lock(home)),
    ):
        yield from ((path, label, lock) for path in sorted(home.glob(pattern)))

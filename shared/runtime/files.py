"""Writing files so that a reader sees all of one or none of it."""

import hashlib
import os
import tempfile
from pathlib import Path

PARTIAL_PREFIX = ".partial-"


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole: into a partial file beside it, to the disk, then by rename under its name.

    A process killed in between leaves a file that begins with `PARTIAL_PREFIX`; readers pass those over.

    Raises:
        OSError: the disk is full or cannot be written. Nothing stands under `path` then that did not before.
    """
    descriptor, partial = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Bring a file's bytes, or a folder's entries, to the disk, so that they outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, as lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

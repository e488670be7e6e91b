"""Atomic and durable file writes."""

import hashlib
import os
import tempfile
from pathlib import Path

PARTIAL_PREFIX = ".partial-"


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file atomically and durably: to a partial file beside it, fsync, then rename.

    A process killed in between leaves a file whose name begins with `PARTIAL_PREFIX`, which readers ignore.

    Raises:
        OSError: the disk is full or cannot be written; `path` is unchanged.
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
    """Flush a file's bytes, or a folder's entries, to the disk, so that they survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Atomic and durable file writes, and reads of regular files alone.

Whatever else lies in a store's folders, such as links, pipes, devices and sub-folders, is not followed, does not block
and does not count.
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

PARTIAL_PREFIX = ".partial-"

# A link, a socket or a device without a driver, and a folder or file in the place of the other.
_NO_REGULAR_FILE = (errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ENOTDIR)


def write_atomically(path: Path, data: bytes, written_ns: int | None = None) -> None:
    """Write a file atomically and durably: to a partial file beside it, fsync, then rename.

    A process killed in between leaves a file whose name begins with `PARTIAL_PREFIX`, which readers ignore. The file's
    time is `written_ns`, in nanoseconds since 1970, or now.

    Raises:
        OSError: the disk is full or cannot be written; `path` is unchanged.
    """
    descriptor, partial = tempfile.mkstemp(prefix=PARTIAL_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if written_ns is not None:
                os.utime(descriptor, ns=(written_ns, written_ns))
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
    """Return the SHA-256 of a regular file in lower-case hexadecimal.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading, and no link to one.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno not in _NO_REGULAR_FILE:
            raise
        raise _missing(path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _missing(path)
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path) -> bytes:
    """Read a regular file, as `open_regular` opens it.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    with open_regular(path) as file:
        return file.read()


def is_regular(path: Path) -> bool:
    """Return whether a path is that of a regular file, and not of a link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def stored_at(path: Path) -> datetime:
    """Return when a file was last written, in UTC.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def is_folder(path: Path) -> bool:
    """Return whether a path is that of a folder, and not of a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def regular_files(folder: Path, ending: str = "") -> list[Path]:
    """Return the regular files of a folder whose names have an ending, unordered; none if it is no folder itself.

    A name that is no text in UTF-8 cannot be told to anybody, and is left out.
    """
    if not is_folder(folder):
        return []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return [
            folder / entry.name
            for entry in entries
            if entry.name.endswith(ending) and entry.name.isprintable() and entry.is_file(follow_symlinks=False)
        ]
    return []


def count_names(folder: Path, ending: str) -> int:
    """Count whatever in a folder has a name with an ending; none for a missing folder.

    Many times faster than `regular_files`: 20,000 names took 16 ms instead of 96.
    """
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        return sum(entry.name.endswith(ending) for entry in entries)
    return 0


def make_folder(folder: Path) -> None:
    """Create a folder unless it is there; what has its name and is none, such as a link, is deleted first."""
    if not is_folder(folder):
        remove(folder)
        folder.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Delete whatever has that name, a folder with all that is in it; links are deleted and not followed."""
    with suppress(FileNotFoundError):
        if is_folder(path):
            shutil.rmtree(path)
        else:
            path.unlink()


def _missing(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

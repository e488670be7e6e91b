"""Privacy from the other users of this machine: folders have mode 700 and files 600, whatever umask was inherited."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

PRIVATE_UMASK = 0o077

_log = structlog.get_logger()


def keep_private(home: Path) -> None:
    """Let no other user read `home`: neither what is in it now, nor what this process creates from now on.

    The folder is created if it is missing. Links are left alone, as their modes mean nothing.
    """
    os.umask(PRIVATE_UMASK)
    home.mkdir(parents=True, exist_ok=True)
    left = sum(not _tighten(path) for path in _everything_in(home))
    if left:
        _log.warning("files of another user are in the home, and stay as readable as they are", count=left)


def _everything_in(home: Path) -> Iterator[Path]:
    # The home comes first: once nobody else gets in, the rest may take its time.
    yield home
    for folder, folders, files in os.walk(home):
        yield from (Path(folder, name) for name in (*folders, *files))


def _tighten(path: Path) -> bool:
    """Take away all rights of the group and of others; return False if that is not permitted."""
    # A file may be deleted meanwhile.
    with suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & PRIVATE_UMASK:
            try:
                path.chmod(stat.S_IMODE(mode) & ~PRIVATE_UMASK)
            except PermissionError:
                return False
    return True

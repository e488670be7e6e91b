"""The audit log on disk.

    audit/audit.jsonl                      one JSON object a line, the newest last; inference and commands append
    audit/audit.1.jsonl ... audit.4.jsonl  older entries, the newest first
    audit-capture/...                      the same of capture, which in containers sees no names

Any number of processes append, each entry with one write to a file opened with O_APPEND. It is not flushed to the disk:
an entry outlives every process, but not a power failure in the next seconds, and no request waits for the disk.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from familiar.shared.audit.entry import Action, AuditEntry, own_entry
from familiar.shared.runtime.files import is_folder, is_regular

FOLDER = "audit"
CAPTURE_FOLDER = "audit-capture"
# Together 20 MB, which is some 80,000 entries.
MOST_BYTES = 4_000_000
FILES = 5


class AuditLog:
    """The files in one folder. Its methods never raise for what is wrong with the disk."""

    def __init__(self, home: Path, complain: Callable[[str], object], folder: str = FOLDER) -> None:
        """Open the log below `home`; `complain` is told once if it cannot be written."""
        self._folder = home / folder
        self._path = self._folder / _name(0)
        self._complain = complain
        self._lost = 0

    def append(self, entry: AuditEntry) -> None:
        """Append an entry. One that cannot be written is lost, and counted by the next one that can be."""
        try:
            if self._lost:
                self._write(own_entry(Action.LOSE_ENTRIES, count=str(self._lost)))
                self._lost = 0
            self._write(entry)
        except OSError as error:
            if not self._lost:
                self._complain(f"The audit log cannot be written: {error.strerror}. What happens is not recorded.")
            self._lost += 1

    def _write(self, entry: AuditEntry) -> None:
        line = entry.model_dump_json().encode() + b"\n"
        descriptor = self._open()
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                # The end of an entry is missing, for which there was no room.
                line = b"\n" + line
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)
        if size + len(line) > MOST_BYTES:
            self._rotate()

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        try:
            return os.open(self._path, flags, 0o600)
        except FileNotFoundError:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, flags, 0o600)

    def _rotate(self) -> None:
        # Whoever holds the lock rotates, or masks names; then the next entry finds the file too large again.
        with suppress(Timeout), rotation_lock(self._folder).acquire(timeout=0):
            if self._path.stat().st_size <= MOST_BYTES:
                return
            for number in range(FILES - 1, 0, -1):
                with suppress(FileNotFoundError):
                    (self._folder / _name(number - 1)).replace(self._folder / _name(number))


def rotation_lock(folder: Path) -> FileLock:
    """Return the lock under which the files of a folder keep their names."""
    return FileLock(folder / "audit.lock", mode=0o600)


def audit_folders(home: Path) -> list[Path]:
    """Return the folders that there are."""
    return [folder for name in (FOLDER, CAPTURE_FOLDER) if is_folder(folder := home / name)]


def files_in(folder: Path) -> list[Path]:
    """Return the files in such a folder, the newest first."""
    return [path for number in range(FILES) if is_regular(path := folder / _name(number))]


def _name(number: int) -> str:
    return f"audit.{number}.jsonl" if number else "audit.jsonl"

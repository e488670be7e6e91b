"""Backups: one tar file of all people, samples, strangers and model versions, written while services run.

Faces stand in it as they are on the disk, so where they are encrypted, they are in it, too, and the key is not.

The last member, `backup.json`, lists the SHA-256 of every file. Logs, jobs and what is in Redis are not in it.
"""

import hashlib
import io
import tarfile
from datetime import datetime
from pathlib import Path
from typing import IO

from familiar import __version__
from familiar.shared.archive.index import FORMAT, INDEX, BackupIndex, files_of
from familiar.shared.contract.errors import BackupOutdated
from familiar.shared.stores.expiry import retention_lock
from familiar.shared.stores.models import MANIFEST

# Deleting what has expired takes seconds.
_EXPIRING_SECONDS = 60


def write_backup(home: Path, file: IO[bytes], created_at: datetime) -> BackupIndex:
    """Write everything below `home` that a restore needs as a tar file; `file` need not be seekable.

    Files of the stores are immutable or replaced atomically, so only what would expire meanwhile is kept by a lock.

    Raises:
        BackupOutdated: a person or a version was deleted meanwhile; the file still holds them, and has to go.
        OSError: the file cannot be written, or a store cannot be read.
    """
    with retention_lock(home).acquire(timeout=_EXPIRING_SECONDS):
        return _write(home, file, created_at)


def _write(home: Path, file: IO[bytes], created_at: datetime) -> BackupIndex:
    before = _deletable(home)
    hashes: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path in files_of(home):
            name = path.relative_to(home).as_posix()
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                # A single face was deleted meanwhile.
                continue
            hashes[name] = hashlib.sha256(data).hexdigest()
            _add(archive, name, data)
        index = BackupIndex(format=FORMAT, familiar=__version__, created_at=created_at, files=hashes)
        _add(archive, INDEX, index.model_dump_json().encode())
    if gone := before - _deletable(home):
        raise BackupOutdated(
            f"{len(gone)} people or model versions were deleted while the backup was written. Delete the file, and "
            "take the backup again."
        )
    return index


def _deletable(home: Path) -> set[Path]:
    """Return the files that people and versions lose first when they are deleted."""
    return {*(home / "people").glob("*.json"), *(home / "models").glob(f"*/{MANIFEST}")}


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))

"""Restoring a backup: read and verified as a whole first, then put in place, also while services run."""

import errno
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import ValidationError

from familiar.shared.archive.index import FOLDERS, FORMAT, INDEX, BackupIndex, belongs, files_of, restore_order
from familiar.shared.contract.errors import BrokenBackup, RestoreRefused
from familiar.shared.runtime.files import PARTIAL_PREFIX, sha256_of, sync
from familiar.shared.stores.sealing import KEY_MARK

_UNPACKED = f"{PARTIAL_PREFIX}restore-"
# 100 bytes a file: enough for two million files.
_INDEX_LIMIT_BYTES = 200_000_000
# What a file system says to a name that is too long, and to one file in the place of another's folder.
_NO_NAMES = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ)
_NOTHING = "Nothing was restored."


def restore_backup(home: Path, file: IO[bytes]) -> BackupIndex:
    """Restore a backup below `home`; `file` need not be seekable. An interrupted restore can be repeated.

    Whatever people, samples and versions `home` holds already have to be those of the backup.

    Raises:
        BrokenBackup: the file is no backup, incomplete, damaged, or of a newer format.
        RestoreRefused: `home` holds something else.
        OSError: the disk is full, for instance. With the other errors, nothing was put in place.
    """
    home.mkdir(parents=True, exist_ok=True)
    with _unpacked(home, file) as (folder, index):
        _require_nothing_else(home, index)
        for top in FOLDERS:
            if (folder / top).exists():
                _move(folder / top, home / top)
    return index


@contextmanager
def _unpacked(home: Path, file: IO[bytes]) -> Iterator[tuple[Path, BackupIndex]]:
    """Unpack and verify a backup in a temporary folder below `home`, which is deleted at the end."""
    for abandoned in home.glob(f"{_UNPACKED}*/"):
        shutil.rmtree(abandoned)
    folder = Path(tempfile.mkdtemp(prefix=_UNPACKED, dir=home))
    try:
        try:
            with tarfile.open(fileobj=file, mode="r|") as archive:
                index = _unpack(archive, folder)
        except (tarfile.TarError, EOFError, ValueError, ArithmeticError) as error:
            # tarfile raises the latter two for headers whose numbers and texts make no sense.
            raise BrokenBackup(f"The file cannot be read as a backup: {error}. {_NOTHING}") from error
        _verify(folder, index)
        yield folder, index
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: tarfile.TarFile, folder: Path) -> BackupIndex:
    for member in archive:
        # A sparse file of some bytes is as long as its header says, and fills the disk.
        data = archive.extractfile(member) if member.isreg() and not member.issparse() else None
        if data is None:
            raise BrokenBackup(f"{member.name!r} in the backup is no file. {_NOTHING}")
        if member.name == INDEX:
            return _read_index(data.read(_INDEX_LIMIT_BYTES))
        if not belongs(PurePosixPath(member.name)):
            raise BrokenBackup(f"{member.name!r} does not belong in a backup. {_NOTHING}")
        try:
            _write(folder / member.name, data)
        except OSError as error:
            if error.errno not in _NO_NAMES:
                raise
            raise BrokenBackup(f"{member.name!r} in the backup is no name for a file. {_NOTHING}") from error
    raise BrokenBackup(f"The backup has no {INDEX}: it breaks off before its end. {_NOTHING}")


def _write(path: Path, data: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as unpacked:
        shutil.copyfileobj(data, unpacked)
    path.chmod(0o600)
    sync(path)


def _read_index(data: bytes) -> BackupIndex:
    try:
        index = BackupIndex.model_validate_json(data)
    except ValidationError as error:
        raise BrokenBackup(f"{INDEX} in the backup cannot be read. {_NOTHING}") from error
    if index.format > FORMAT:
        raise BrokenBackup(f"Familiar {index.familiar} wrote the backup, which is newer. Update this one. {_NOTHING}")
    return index


def _verify(folder: Path, index: BackupIndex) -> None:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    damaged = index.files.keys() ^ found.keys()
    damaged |= {name for name, path in found.items() if index.files.get(name) != sha256_of(path)}
    if damaged:
        raise BrokenBackup(
            f"The backup is damaged: {len(damaged)} files are missing or have another SHA-256. {_NOTHING}"
        )


def _require_nothing_else(home: Path, index: BackupIndex) -> None:
    present = {path.relative_to(home).as_posix(): path for path in files_of(home)}
    if KEY_MARK not in index.files:
        # Faces that are plain may come into a home that has a key.
        present.pop(KEY_MARK, None)
    other = [name for name, path in present.items() if index.files.get(name) != sha256_of(path)]
    if other:
        raise RestoreRefused(
            f"{home} holds {len(other)} files that are not in this backup. Set FAMILIAR_HOME to an empty folder, or "
            f"empty this one first. {_NOTHING}"
        )


def _move(source: Path, target: Path) -> None:
    """Move what a folder holds to its place: a version that is not there yet by one rename, the served one last."""
    target.mkdir(exist_ok=True)
    for path in sorted(source.iterdir(), key=restore_order):
        place = target / path.name
        if place.is_dir():
            _move(path, place)
        else:
            path.replace(place)
    sync(target)

"""The table of contents of a backup, and what belongs in one."""

from collections.abc import Iterator
from pathlib import Path, PurePath

from familiar.shared.contract.messages import Message, Time
from familiar.shared.runtime.files import PARTIAL_PREFIX
from familiar.shared.stores.models import CHECKPOINT, MANIFEST
from familiar.shared.stores.sealing import ENCRYPTION

FORMAT = 1
INDEX = "backup.json"
# In the order in which they are restored: what is in a folder refers to nothing in a later one.
FOLDERS = (ENCRYPTION, "strangers", "samples", "people", "models")
# What makes files a version, and what says which version is served: they come after all else.
_LAST = (MANIFEST, "current", "pinned")


class BackupIndex(Message):
    """The table of contents of a backup."""

    format: int
    familiar: str
    """The version of Familiar that wrote it."""
    created_at: Time
    files: dict[str, str]
    """The SHA-256 of each file by its path below FAMILIAR_HOME."""

    def in_words(self) -> str:
        """Say what the backup holds."""
        paths = [PurePath(name) for name in self.files]
        people, samples = (sum(path.parts[0] == top for path in paths) for top in ("people", "samples"))
        strangers = sum(path.parts[0] == "strangers" and path.suffix == ".jpg" for path in paths)
        versions = sum(path.name == MANIFEST for path in paths)
        return f"{people} people, {samples} samples, {strangers} strangers' faces, {versions} model versions"


def restore_order(path: PurePath) -> tuple[int, str]:
    """Return the sort key of a file within its folder: a version's manifest and the served version come last."""
    return (_LAST.index(path.name) + 1 if path.name in _LAST else 0), path.as_posix()


def files_of(home: Path) -> Iterator[Path]:
    """Return the files below `home` that belong in a backup, in the order of a restore."""
    for top in FOLDERS:
        found = (path for path in (home / top).rglob("*") if path.is_file() and not path.is_symlink())
        yield from sorted((path for path in found if belongs(path.relative_to(home))), key=restore_order)


def belongs(path: PurePath) -> bool:
    """Return whether a path, relative to the home, belongs in a backup: nothing partial, no interrupted training."""
    partial = any(part.startswith(PARTIAL_PREFIX) for part in path.parts)
    stored = len(path.parts) > 1 and path.parts[0] in FOLDERS
    return stored and ".." not in path.parts and not partial and path.suffix != CHECKPOINT

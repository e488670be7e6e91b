"""The store of strangers: crops of faces of people who are not enrolled, to learn "unknown" from.

    strangers/<fetched, given or marked>/<face_id>.jpg
    strangers/detections.json                      cached detections in pictures of a folder outside the store

A `face_id` is the SHA-256 of its JPEG, which is what the file holds, sealed where there is a key. As with samples, the
origin of a face is a comment in its JPEG, so the same crop with the same origin has the same id in both stores.
"""

import contextlib
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock

from familiar.shared.contract.errors import BrokenSeal, TooManyStrangers
from familiar.shared.runtime.files import (
    count_names,
    is_folder,
    is_regular,
    make_folder,
    read_regular,
    regular_files,
    stored_at,
    write_atomically,
)
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.sample_origin import SampleOrigin, read_origin, with_origin
from familiar.shared.stores.sealing import Seals

_WITHOUT_LIMITS = Quotas()


class StrangerSource(StrEnum):
    """The source of a stranger's face: a public data set, uploaded photographs, or a correction of a wrong name."""

    FETCHED = "fetched"
    GIVEN = "given"
    MARKED = "marked"


@dataclass(frozen=True)
class StrangerFace:
    """One crop of a person who is not enrolled.

    `jpeg` is empty where the file's seal is broken; `origin` is None if unknown.
    """

    face_id: str
    source: StrangerSource
    path: Path
    jpeg: bytes
    origin: SampleOrigin | None


class StrangerStore:
    """The faces of strangers below one folder. Any number of processes may use it concurrently."""

    def __init__(self, home: Path, quotas: Quotas = _WITHOUT_LIMITS, seals: Seals | None = None) -> None:
        """Open the store below `home`, whose folders are created with the first face; seals as of `SampleStore`.

        A store from before 0.2.0, called `background`, is renamed.
        """
        self._home = home
        self._quotas = quotas
        self._seals = seals or Seals(home)
        self._lock = strangers_lock(home)
        self._folder = home / "strangers"
        former = home / "background"
        if former.is_dir() and not self._folder.exists():
            # Another process may win the race.
            with suppress(FileNotFoundError):
                former.rename(self._folder)

    @property
    def detections_path(self) -> Path:
        """The trainer's cache of detections in the folder FAMILIAR_STRANGERS."""
        return self._folder / "detections.json"

    def add(self, source: StrangerSource, crop: bytes, origin: SampleOrigin | None) -> bool:
        """Store the JPEG of a crop, and return whether it is new.

        Raises:
            TooManyStrangers: there are as many faces as may be.
            KeyMissing: faces are encrypted, and this store has no key; nothing was stored.
            DiskFull, OSError: the disk is full; nothing was stored.
        """
        data = crop if origin is None else with_origin(crop, origin)
        path = self._path(source, hashlib.sha256(data).hexdigest())
        if is_folder(path.parent) and is_regular(path):
            return False
        self._require_room()
        make_folder(path.parent)
        write_atomically(path, self._seals.seal(stranger_label(path), data))
        return True

    def _require_room(self) -> None:
        if self._quotas.strangers is not None:
            present = sum(count_names(self._folder / one, ".jpg") for one in StrangerSource)
            if present >= self._quotas.strangers:
                raise TooManyStrangers
        self._quotas.require_space(self._home)

    def faces(self) -> tuple[StrangerFace, ...]:
        """Read all faces, sorted by source and id."""
        found = []
        for source in sorted(StrangerSource):
            for path in sorted(self._paths(source)):
                # A face may be removed meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    jpeg = self._unsealed(path)
                    found.append(StrangerFace(path.stem, source, path, jpeg, read_origin(jpeg)))
        return tuple(found)

    def face_ids(self, source: StrangerSource) -> list[str]:
        """Return the sorted ids of a source's faces."""
        return sorted(path.stem for path in self._paths(source))

    def stored(self, source: StrangerSource) -> dict[str, datetime]:
        """Return when each face of a source was stored, by id."""
        found = {}
        for path in self._paths(source):
            # A face may be removed meanwhile.
            with suppress(FileNotFoundError):
                found[path.stem] = stored_at(path)
        return found

    def read(self, source: StrangerSource, face_id: str) -> bytes | None:
        """Read the JPEG of a face, or return None if it is gone.

        Raises:
            KeyMissing, KeyWrong, BrokenSeal: see `Seals.unseal`.
        """
        path = self._path(source, face_id)
        try:
            return self._seals.unseal(stranger_label(path), read_regular(path)) if is_folder(path.parent) else None
        except FileNotFoundError:
            return None

    def count(self, source: StrangerSource) -> int:
        """Count the faces of a source."""
        return len(self._paths(source))

    def remove(self, source: StrangerSource, face_id: str) -> bool:
        """Delete a face, and return whether it existed."""
        path = self._path(source, face_id)
        if not (is_folder(path.parent) and is_regular(path)):
            return False
        with self._lock:
            try:
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def clear(self, source: StrangerSource) -> int:
        """Delete all faces of a source, and return their number."""
        return sum(self.remove(source, path.stem) for path in self._paths(source))

    def _unsealed(self, path: Path) -> bytes:
        try:
            return self._seals.unseal(stranger_label(path), read_regular(path))
        except BrokenSeal:
            # As a damaged file: training passes it over.
            return b""

    def _path(self, source: StrangerSource, face_id: str) -> Path:
        return self._folder / source / f"{face_id}.jpg"

    def _paths(self, source: StrangerSource) -> list[Path]:
        return regular_files(self._folder / source, ".jpg")


def strangers_lock(home: Path) -> FileLock:
    """Return the lock under which faces are deleted, and encrypted where they are."""
    return FileLock(home / "strangers.lock")


def stranger_label(path: Path) -> str:
    """Return the label under which the file of a face is sealed."""
    return f"stranger/{path.parent.name}/{path.stem}"

"""The store of strangers: crops of faces of people who are not enrolled, to learn "unknown" from.

    background/<fetched, given or marked>/<face_id>.jpg
    background/detections.json                      where faces are in pictures of a folder outside the store

A `face_id` is the SHA-256 of its file. As with samples, where and when a face was seen stands in the JPEG's
comment, so the same crop of the same moment has the same id in both stores.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from familiar.shared.runtime.files import write_atomically
from familiar.shared.stores.origin import SampleOrigin, read_origin, with_origin


class BackgroundSource(StrEnum):
    """How a stranger's face came into the store: from a public data set, in somebody's photographs, or by a correction.

    Whoever marks a face as a stranger's has seen it get somebody's name.
    """

    FETCHED = "fetched"
    GIVEN = "given"
    MARKED = "marked"


@dataclass(frozen=True)
class BackgroundFace:
    """One crop of somebody who is not enrolled. `jpeg` is the file's bytes; `origin` is None where nobody knows it."""

    face_id: str
    source: BackgroundSource
    path: Path
    jpeg: bytes
    origin: SampleOrigin | None


class BackgroundStore:
    """Faces of strangers below one folder. Any number of processes may use it at the same time."""

    def __init__(self, home: Path) -> None:
        """Open the store below `home`; its folders are made with the first face."""
        self._background = home / "background"

    @property
    def detections_path(self) -> Path:
        """Where the trainer remembers what it found in the folder that FAMILIAR_BACKGROUND names."""
        return self._background / "detections.json"

    def add(self, source: BackgroundSource, crop: bytes, origin: SampleOrigin | None) -> bool:
        """Store the JPEG of a crop, and tell whether it is new.

        Raises:
            OSError: the disk is full; nothing was stored.
        """
        data = crop if origin is None else with_origin(crop, origin)
        path = self._path(source, hashlib.sha256(data).hexdigest())
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
        return True

    def faces(self) -> tuple[BackgroundFace, ...]:
        """Read every face, in the order of sources and ids."""
        found = []
        for source in sorted(BackgroundSource):
            for path in sorted(self._paths(source)):
                # A face may be removed while this list is made.
                with contextlib.suppress(FileNotFoundError):
                    jpeg = path.read_bytes()
                    found.append(BackgroundFace(path.stem, source, path, jpeg, read_origin(jpeg)))
        return tuple(found)

    def face_ids(self, source: BackgroundSource) -> list[str]:
        """List the ids of a source's faces, in their order."""
        return sorted(path.stem for path in self._paths(source))

    def read(self, source: BackgroundSource, face_id: str) -> bytes | None:
        """Read one face's file; None where it is gone."""
        try:
            return self._path(source, face_id).read_bytes()
        except FileNotFoundError:
            return None

    def count(self, source: BackgroundSource) -> int:
        """Count the faces of a source."""
        return sum(1 for _ in self._paths(source))

    def remove(self, source: BackgroundSource, face_id: str) -> bool:
        """Delete one face, and tell whether it was there."""
        try:
            self._path(source, face_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def clear(self, source: BackgroundSource) -> int:
        """Delete every face of a source, and tell how many there were."""
        return sum(self.remove(source, path.stem) for path in list(self._paths(source)))

    def _path(self, source: BackgroundSource, face_id: str) -> Path:
        return self._background / source / f"{face_id}.jpg"

    def _paths(self, source: BackgroundSource) -> Iterator[Path]:
        return (self._background / source).glob("*.jpg")

"""The store of strangers: crops of faces of people who are not enrolled, to learn "unknown" from.

    strangers/<fetched, given or marked>/<face_id>.jpg
    strangers/detections.json                      where faces are in pictures of a folder outside the store

A `face_id` is the SHA-256 of its file. As with samples, where and when a face was seen stands in the JPEG's
comment, so the same crop of the same moment has the same id in both stores.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from familiar.shared.runtime.files import write_atomically
from familiar.shared.stores.origin import SampleOrigin, read_origin, with_origin


class StrangerSource(StrEnum):
    """How a stranger's face came into the store: from a public data set, in somebody's photographs, or by a correction.

    Whoever marks a face as a stranger's has seen it get somebody's name.
    """

    FETCHED = "fetched"
    GIVEN = "given"
    MARKED = "marked"


@dataclass(frozen=True)
class StrangerFace:
    """One crop of somebody who is not enrolled. `jpeg` is the file's bytes; `origin` is None where nobody knows it."""

    face_id: str
    source: StrangerSource
    path: Path
    jpeg: bytes
    origin: SampleOrigin | None


class StrangerStore:
    """Faces of strangers below one folder. Any number of processes may use it at the same time."""

    def __init__(self, home: Path) -> None:
        """Open the store below `home`; its folders are made with the first face.

        Before 0.2.0 it was called `background`, and is renamed.
        """
        self._folder = home / "strangers"
        former = home / "background"
        if former.is_dir() and not self._folder.exists():
            # Another process may be faster.
            with suppress(FileNotFoundError):
                former.rename(self._folder)

    @property
    def detections_path(self) -> Path:
        """Where the trainer remembers what it found in the folder that FAMILIAR_STRANGERS names."""
        return self._folder / "detections.json"

    def add(self, source: StrangerSource, crop: bytes, origin: SampleOrigin | None) -> bool:
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

    def faces(self) -> tuple[StrangerFace, ...]:
        """Read every face, in the order of sources and ids."""
        found = []
        for source in sorted(StrangerSource):
            for path in sorted(self._paths(source)):
                # A face may be removed while this list is made.
                with contextlib.suppress(FileNotFoundError):
                    jpeg = path.read_bytes()
                    found.append(StrangerFace(path.stem, source, path, jpeg, read_origin(jpeg)))
        return tuple(found)

    def face_ids(self, source: StrangerSource) -> list[str]:
        """List the ids of a source's faces, in their order."""
        return sorted(path.stem for path in self._paths(source))

    def read(self, source: StrangerSource, face_id: str) -> bytes | None:
        """Read one face's file; None where it is gone."""
        try:
            return self._path(source, face_id).read_bytes()
        except FileNotFoundError:
            return None

    def count(self, source: StrangerSource) -> int:
        """Count the faces of a source."""
        return sum(1 for _ in self._paths(source))

    def remove(self, source: StrangerSource, face_id: str) -> bool:
        """Delete one face, and tell whether it was there."""
        try:
            self._path(source, face_id).unlink()
        except FileNotFoundError:
            return False
        return True

    def clear(self, source: StrangerSource) -> int:
        """Delete every face of a source, and tell how many there were."""
        return sum(self.remove(source, path.stem) for path in list(self._paths(source)))

    def _path(self, source: StrangerSource, face_id: str) -> Path:
        return self._folder / source / f"{face_id}.jpg"

    def _paths(self, source: StrangerSource) -> Iterator[Path]:
        return (self._folder / source).glob("*.jpg")

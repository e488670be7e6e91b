"""Cache of detections: where faces were found in pictures, kept from one training to the next.

A folder of thousands of strangers takes a minute to search, and seldom changes. Kept are bounding boxes by the SHA-256
of the picture's file: no faces, and no names of files.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from familiar.shared.contract.messages import Box, Message
from familiar.shared.runtime.files import read_regular, write_atomically


class _File(Message):
    found_by: str
    boxes: dict[str, tuple[Box, ...]]


class Detections:
    """Cached bounding boxes of one folder's pictures; thread-safe."""

    def __init__(self, path: Path, found_by: str) -> None:
        """Load the cache at `path`; it starts empty if the file is missing or damaged, or not by `found_by`.

        `found_by` describes the detector.
        """
        self._path = path
        self._found_by = found_by
        self._asked: dict[str, tuple[Box, ...]] = {}
        try:
            file = _File.model_validate_json(read_regular(path))
        except (FileNotFoundError, ValidationError):
            file = _File(found_by=found_by, boxes={})
        self._before = file.boxes if file.found_by == found_by else {}

    def find(self, picture: bytes, search: Callable[[], Sequence[Box]]) -> tuple[Box, ...]:
        """Return the boxes of a picture's file, cached or else from `search`."""
        key = hashlib.sha256(picture).hexdigest()
        boxes = self._before.get(key)
        self._asked[key] = tuple(search()) if boxes is None else boxes
        return self._asked[key]

    def save(self) -> None:
        """Write the boxes of all pictures that were asked for; others are no longer in the folder.

        Raises:
            OSError: the disk is full; the file is as it was.
        """
        if self._asked == self._before:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, _File(found_by=self._found_by, boxes=self._asked).model_dump_json().encode())

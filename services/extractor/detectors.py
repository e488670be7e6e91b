"""Which detector a frame gets: its camera's live one, or in enrolments one that searches it whole."""

import threading
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from familiar.services.extractor.live.detector import LiveDetector, compiled_searches
from familiar.services.extractor.second_look import SecondLook
from familiar.shared.contract.messages import Frame
from familiar.shared.vision.detector import FaceDetector, open_detector
from familiar.shared.vision.images import Image

if TYPE_CHECKING:
    from familiar.services.extractor.live.search import PyramidSearches


class Detectors:
    """The detectors of one extractor. For some seconds, until live ones are ready, all frames are searched whole."""

    def __init__(self, yunet: Path | None) -> None:
        """Search with the Haar cascade, or with the YuNet model that is given: it is fast enough for whole frames.

        Raises:
            DetectorFailed: see `familiar.shared.vision.detector.open_detector`.
        """
        self._whole = open_detector(yunet)
        self._second_look = SecondLook() if yunet is None else None
        self._searches: PyramidSearches | None = None
        self._live: dict[str, LiveDetector] = {}
        if yunet is None:
            # No daemon: a process that ends in the middle of compiling may crash.
            threading.Thread(target=self._get_ready, name="compile").start()

    def for_frame(self, frame: Frame) -> FaceDetector:
        """Give the detector for a frame. The frames of one camera have to come in order."""
        if self._searches is None or not frame.live:
            self._live.pop(frame.camera, None)
            return self._whole
        if frame.camera not in self._live:
            self._live[frame.camera] = LiveDetector(self._searches)
        return self._live[frame.camera]

    def certainty(self, crop: Image) -> float:
        """Say how sure it is that a crop shows a face: it does from 1 on. What YuNet finds needs no second look."""
        return 1.0 if self._second_look is None else self._second_look.certainty(crop)

    def keep(self, cameras: Collection[str]) -> None:
        """Forget what was seen on other cameras than these."""
        self._live = {camera: one for camera, one in self._live.items() if camera in cameras}

    def _get_ready(self) -> None:
        self._searches = compiled_searches()

"""Detector selection: a camera's live detector, or for enrolments one that searches whole frames."""

import threading
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from familiar.services.extractor.live.detector import LiveDetector, compiled_searches
from familiar.services.extractor.sample_confirmation import SecondLook
from familiar.shared.contract.messages import Frame
from familiar.shared.vision.detector import FaceDetector, open_detector
from familiar.shared.vision.images import Image

if TYPE_CHECKING:
    from familiar.services.extractor.live.parallel_search import PyramidSearches


class Detectors:
    """Detectors of one extractor; for the seconds until live ones are compiled, every frame is searched whole."""

    def __init__(self, yunet: Path | None) -> None:
        """Use the Haar cascade, or the YuNet model at `yunet`, which is fast enough for whole frames.

        Raises:
            DetectorFailed: see `familiar.shared.vision.detector.open_detector`.
        """
        self._whole = open_detector(yunet)
        self._second_look = SecondLook() if yunet is None else None
        self._searches: PyramidSearches | None = None
        self._live: dict[str, LiveDetector] = {}
        if yunet is None:
            # Not a daemon: a process that exits while compiling may crash.
            threading.Thread(target=self._get_ready, name="compile").start()

    def for_frame(self, frame: Frame) -> FaceDetector:
        """Return the detector for a frame; frames of one camera must come in order."""
        if self._searches is None or not frame.live:
            self._live.pop(frame.camera, None)
            return self._whole
        if frame.camera not in self._live:
            self._live[frame.camera] = LiveDetector(self._searches)
        return self._live[frame.camera]

    def certainty(self, crop: Image) -> float:
        """Return how certain it is that a crop shows a face, yes from 1 on; YuNet's faces are not verified."""
        return 1.0 if self._second_look is None else self._second_look.certainty(crop)

    def keep(self, cameras: Collection[str]) -> None:
        """Drop the state of all cameras but these."""
        self._live = {camera: one for camera, one in self._live.items() if camera in cameras}

    def _get_ready(self) -> None:
        self._searches = compiled_searches()

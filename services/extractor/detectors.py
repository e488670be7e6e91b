"""Which detector a frame gets: its camera's live one, or in enrolments one that searches it whole."""

from collections.abc import Collection
from pathlib import Path

from services.extractor.live_detector import LiveDetector, compiled_searches
from shared.detector import FaceDetector, open_detector
from shared.messages import Frame


class Detectors:
    """The detectors of one extractor."""

    def __init__(self, yunet: Path | None) -> None:
        """Search with the Haar cascade, or with the YuNet model that is given: it is fast enough for whole frames.

        Raises:
            DetectorFailed: see `shared.detector.open_detector`.
        """
        self._whole = open_detector(yunet)
        self._searches = compiled_searches() if yunet is None else None
        self._live: dict[str, LiveDetector] = {}

    def of(self, frame: Frame) -> FaceDetector:
        """Give the detector for a frame. The frames of one camera have to come in order."""
        if self._searches is None or not frame.live:
            self._live.pop(frame.camera, None)
            return self._whole
        if frame.camera not in self._live:
            self._live[frame.camera] = LiveDetector(self._searches)
        return self._live[frame.camera]

    def keep(self, cameras: Collection[str]) -> None:
        """Forget what was seen on other cameras than these."""
        self._live = {camera: one for camera, one in self._live.items() if camera in cameras}

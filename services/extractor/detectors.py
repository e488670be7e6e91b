"""Which detector a frame gets: its camera's, which follows faces, or in enrolments one that searches it whole."""

from collections.abc import Collection
from pathlib import Path

from services.extractor.following_detector import FollowingDetector
from services.extractor.haar_searches import HaarSearches
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
        self._searches = HaarSearches() if yunet is None else None
        self._following: dict[str, FollowingDetector] = {}

    def of(self, frame: Frame) -> FaceDetector:
        """Give the detector for a frame. The frames of one camera have to come in order."""
        if self._searches is None or not frame.live:
            self._following.pop(frame.camera, None)
            return self._whole
        if frame.camera not in self._following:
            self._following[frame.camera] = FollowingDetector(self._searches)
        return self._following[frame.camera]

    def keep(self, cameras: Collection[str]) -> None:
        """Forget what was seen on other cameras than these."""
        self._following = {camera: one for camera, one in self._following.items() if camera in cameras}

"""The Haar cascade with the settings of most OpenCV examples."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import cv2.data

from familiar.shared.contract.messages import Box
from familiar.shared.vision.images import Image

SCALE_FACTOR = 1.3
NEIGHBOURS = 5


class PlainDetector:
    """A detector of frontal faces of any size, not thread-safe."""

    def __init__(self) -> None:
        """Load the cascade shipped in OpenCV's wheel."""
        path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, image: Image) -> Sequence[Box]:
        """Return the bounding boxes of all faces, unordered, in pixels of `image`."""
        found = self._cascade.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), SCALE_FACTOR, NEIGHBOURS)
        return [Box(x=int(x), y=int(y), width=int(w), height=int(h)) for x, y, w, h in found]

"""The Haar cascade with the settings that most examples of OpenCV have."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import cv2.data

from familiar.shared.contract.messages import Box
from familiar.shared.vision.images import Image

SCALE_FACTOR = 1.3
NEIGHBOURS = 5


class PlainDetector:
    """Finds frontal faces of any size. Not for several threads at once."""

    def __init__(self) -> None:
        """Load the cascade that comes inside OpenCV's wheel."""
        path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, image: Image) -> Sequence[Box]:
        """Find every face, in pixels of `image`, in no order."""
        found = self._cascade.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), SCALE_FACTOR, NEIGHBOURS)
        return [Box(x=int(x), y=int(y), width=int(w), height=int(h)) for x, y, w, h in found]

"""Finding faces: the Haar frontal-face cascade of OpenCV, behind one class."""

from pathlib import Path

import cv2
import cv2.data

from shared.images import Image
from shared.messages import Box

SCALE_FACTOR = 1.1
NEIGHBOURS = 5
SMALLEST_FACE = 40
LONGEST_SIDE = 1920


class FaceDetector:
    """Finds frontal faces. Not for several threads at once: each takes a detector of its own."""

    def __init__(self) -> None:
        """Load the cascade that comes inside OpenCV's wheel."""
        path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, image: Image) -> list[Box]:
        """Find every face of at least `SMALLEST_FACE` pixels, largest first, in pixels of `image`.

        A picture with a side over `LONGEST_SIDE` is searched at that size.
        """
        height, width = image.shape[:2]
        scale = min(1.0, LONGEST_SIDE / max(height, width))
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        if scale < 1:
            gray = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = self._cascade.detectMultiScale(
            gray, scaleFactor=SCALE_FACTOR, minNeighbors=NEIGHBOURS, minSize=(SMALLEST_FACE, SMALLEST_FACE)
        )
        boxes = [
            Box(x=round(x / scale), y=round(y / scale), width=round(w / scale), height=round(h / scale))
            for x, y, w, h in found
        ]
        return sorted(boxes, key=lambda box: box.width * box.height, reverse=True)

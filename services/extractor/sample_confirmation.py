"""Second look: another cascade must confirm a detected face before it becomes a sample.

The first cascade occasionally takes a sleeve, a crest or a plant for a face. Its own scores do not tell: on dark faces
they are as low. A cascade that was trained differently errs elsewhere (docs/LOG.md has the figures).
"""

from pathlib import Path

import cv2
import cv2.data

from familiar.shared.vision.detector import to_gray
from familiar.shared.vision.images import CROP_MARGIN, Image, resize_square

# Side in pixels that every face is scaled to.
_FACE = 70
_CROP = round(_FACE * (1 + 2 * CROP_MARGIN))
_SMALLEST = 41
_SCALE_FACTOR = 1.05
# A real face has about a hundred accepted windows, anything else a few at most.
_LEAST_WINDOWS = 8


class SecondLook:
    """Face verifier with OpenCV's `haarcascade_frontalface_alt`; not thread-safe."""

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt.xml"))

    def certainty(self, crop: Image) -> float:
        """Return how certain it is that a crop shows a face: yes from 1 on.

        It is the number of windows, over all places and scales, that the cascade accepts, divided by the fewest of a
        face.
        """
        small = resize_square(to_gray(crop), _CROP)
        windows = self._cascade.detectMultiScale(
            small, scaleFactor=_SCALE_FACTOR, minNeighbors=0, minSize=(_SMALLEST, _SMALLEST)
        )
        return len(windows) / _LEAST_WINDOWS

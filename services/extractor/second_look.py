"""A second look at what the detector found, before it becomes a sample: another cascade has to take it for a face, too.

The first cascade takes a sleeve, a crest or a plant for a face now and then. Its own weights do not tell: on dark faces
they are as low. A cascade that was trained in another way errs elsewhere (docs/LOG.md has the figures).
"""

from pathlib import Path

import cv2
import cv2.data

from familiar.shared.vision.detector import to_gray
from familiar.shared.vision.images import CROP_MARGIN, Image, resize_square

# Faces are looked at so large, whatever their size in the picture.
_FACE = 70
_CROP = round(_FACE * (1 + 2 * CROP_MARGIN))
_SMALLEST = 41
_SCALE_FACTOR = 1.05
# A real face has about a hundred windows, something else at most a few.
_LEAST_WINDOWS = 8


class SecondLook:
    """Tells faces from what is none, with the cascade "alt" of OpenCV. Not for several threads at once."""

    def __init__(self) -> None:
        """Load the cascade that comes inside OpenCV's wheel."""
        self._cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt.xml"))

    def certainty(self, crop: Image) -> float:
        """Say how sure it is that a crop shows a face: it does from 1 on.

        It is the number of windows, of all places and sizes, that the cascade takes for a face, over the least that a
        face has.
        """
        small = resize_square(to_gray(crop), _CROP)
        windows = self._cascade.detectMultiScale(
            small, scaleFactor=_SCALE_FACTOR, minNeighbors=0, minSize=(_SMALLEST, _SMALLEST)
        )
        return len(windows) / _LEAST_WINDOWS

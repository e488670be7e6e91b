"""Face detection: OpenCV's frontal-face Haar cascade, or YuNet if its model is given."""

from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from familiar.shared.contract.errors import DetectorFailed
from familiar.shared.contract.messages import Box
from familiar.shared.runtime.files import sha256_of
from familiar.shared.vision.images import Image

SCALE_FACTOR = 1.1
NEIGHBOURS = 5
SMALLEST_FACE = 40
LONGEST_SIDE = 1920
# How many faces of a picture count, of those found. A photograph of a large group has fewer, a mosaic thousands.
MOST_FACES = 128
# Side of the cascade's window, in pixels: it finds no smaller face.
CASCADE_SIZE = 24

YUNET_CONFIDENCE = 0.8
YUNET_OVERLAP = 0.3

Gray = NDArray[np.uint8]


class Square(NamedTuple):
    """A detection of the cascade: a square in pixels, given by its top left corner and side."""

    x: float
    y: float
    side: float


class FaceDetector(Protocol):
    """A face detector. It is not thread-safe: each thread needs its own."""

    def detect(self, image: Image) -> list[Box]:
        """Return the bounding boxes of all faces, largest first, in pixels of `image`."""


class HaarDetector:
    """A detector of frontal faces with OpenCV's Haar cascade. `described` identifies all that its boxes depend on."""

    described = f"Haar, OpenCV {cv2.__version__}, {(SCALE_FACTOR, NEIGHBOURS, SMALLEST_FACE, LONGEST_SIDE)}"

    def __init__(self) -> None:
        """Load the cascade shipped in OpenCV's wheel."""
        path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, image: Image) -> list[Box]:
        """Return the boxes of all faces of at least `SMALLEST_FACE` pixels, largest first, in pixels of `image`.

        A picture with a side over `LONGEST_SIDE` is searched at that size.
        """
        scale = scale_of(image)
        gray = to_gray(image)
        if scale < 1:
            gray = reduce(gray, scale)
        found = self.search(gray, SCALE_FACTOR, NEIGHBOURS, SMALLEST_FACE)
        return largest_first([to_box(square, scale) for square in found])

    def search(self, gray: Gray, scale_factor: float, neighbours: int, smallest: int, largest: int = 0) -> list[Square]:
        """Search a grey image, `(height, width)`, with windows from `smallest` to `largest` pixels; 0 is no limit.

        Window sizes grow by `scale_factor`. With `neighbours` 0, all windows that the cascade accepts are returned,
        otherwise the averages of groups of at least that many overlapping ones.
        """
        found = self._cascade.detectMultiScale(
            gray,
            scaleFactor=scale_factor,
            minNeighbors=neighbours,
            minSize=(smallest, smallest),
            maxSize=(largest, largest),
        )
        return [Square(float(x), float(y), float(side)) for x, y, side, _ in found]


class YunetDetector:
    """A detector of faces in any pose: the YuNet network (Wu, Peng and Yu, 2023) in OpenCV's FaceDetectorYN.

    `described` identifies all that its boxes depend on.
    """

    def __init__(self, model: Path) -> None:
        """Load the network.

        Raises:
            DetectorFailed: the file is missing, or is not a YuNet model.
        """
        if not model.is_file():
            raise DetectorFailed(f"There is no file {str(model)!r}. {DetectorFailed().detail}")
        try:
            self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), YUNET_CONFIDENCE, YUNET_OVERLAP)
        except cv2.error as error:
            raise DetectorFailed(f"{str(model)!r} cannot be loaded. {DetectorFailed().detail}") from error
        # Another network would fail on every picture.
        self.detect(np.zeros((SMALLEST_FACE, SMALLEST_FACE, 3), np.uint8))
        self.described = f"YuNet, OpenCV {cv2.__version__}, {sha256_of(model)}"

    def detect(self, image: Image) -> list[Box]:
        """Return the boxes of all faces of at least `SMALLEST_FACE` pixels, largest first, in pixels of `image`.

        A picture with a side over `LONGEST_SIDE` is searched at that size.

        Raises:
            DetectorFailed: the model file is another network.
        """
        scale = scale_of(image)
        searched = image if scale == 1 else reduce(image, scale)
        height, width = searched.shape[:2]
        self._network.setInputSize((width, height))
        try:
            _, faces = self._network.detect(searched)
        except cv2.error as error:
            raise DetectorFailed from error
        boxes = [
            Box(x=round(x / scale), y=round(y / scale), width=round(w / scale), height=round(h / scale))
            for x, y, w, h in (faces if faces is not None else np.empty((0, 4)))[:, :4]
            if min(w, h) >= SMALLEST_FACE
        ]
        return largest_first(boxes)


def open_detector(yunet: Path | None) -> HaarDetector | YunetDetector:
    """Create a detector: YuNet with the model file `yunet`, or the Haar cascade by default.

    Raises:
        DetectorFailed: the file is missing, or is not a YuNet model.
    """
    return HaarDetector() if yunet is None else YunetDetector(yunet)


def to_gray(image: Image) -> Gray:
    """Convert an image to grey values, `(height, width)`."""
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def reduce(image: Image, scale: float) -> Image:
    """Downscale an image by `scale`, below 1."""
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def largest_first(boxes: list[Box]) -> list[Box]:
    """Sort boxes by area, descending."""
    return sorted(boxes, key=lambda box: box.width * box.height, reverse=True)


def scale_of(image: Image) -> float:
    """Return the factor by which a picture is downscaled before detection; 1 is not at all."""
    return min(1.0, LONGEST_SIDE / float(max(image.shape[:2])))


def to_box(square: Square, scale: float) -> Box:
    """Map a detection in a picture downscaled by `scale` to a box in the original."""
    side = round(square.side / scale)
    return Box(x=round(square.x / scale), y=round(square.y / scale), width=side, height=side)

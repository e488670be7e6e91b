"""Draws boxes and labels of faces into a picture."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np

from familiar.shared.contract.messages import Box
from familiar.shared.vision.images import Image

# BGR.
BOX_COLOUR = (80, 175, 76)
TEXT_COLOUR = (255, 255, 255)

_FONT = cv2.FONT_HERSHEY_SIMPLEX
# At this width text has OpenCV's own size; it grows with the width, as wider pictures are shown smaller.
_WIDTH_OF_SCALE_ONE = 800


class LabelledBox(NamedTuple):
    """A face's bounding box, and the label over it, in ASCII."""

    box: Box
    label: str


def draw_faces(image: Image, faces: Iterable[LabelledBox]) -> Image:
    """Return a copy of an image, `(height, width, 3)`, BGR, `uint8`, with a box and a label for each face."""
    drawn = image.copy()
    scale = image.shape[1] / _WIDTH_OF_SCALE_ONE
    line = max(1, round(2 * scale))
    for (x, y, width, height), label in ((_sides(face.box), face.label) for face in faces):
        cv2.rectangle(drawn, (x, y), (x + width, y + height), BOX_COLOUR, line)
        (text_width, text_height), below = cv2.getTextSize(label, _FONT, scale, line)
        # Above the box, or along the picture's upper edge where that would be outside.
        bottom = max(y, text_height + 2 * below)
        cv2.rectangle(drawn, (x, bottom - text_height - 2 * below), (x + text_width, bottom), BOX_COLOUR, cv2.FILLED)
        cv2.putText(drawn, label, (x, bottom - below), _FONT, scale, TEXT_COLOUR, line, cv2.LINE_AA)
    return drawn.astype(np.uint8, copy=False)


def _sides(box: Box) -> tuple[int, int, int, int]:
    return box.x, box.y, box.width, box.height

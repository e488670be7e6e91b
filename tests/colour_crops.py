"""Faces that are of one colour, for a network that tells people by it."""

import numpy as np

from shared.images import encode_jpeg

Colour = tuple[int, int, int]

SIDE = 64
# Blue comes first. Reddish is a little redder than green, and Rob's by 0.62.
RED, GREEN, BLUE, REDDISH = (40, 40, 200), (40, 200, 40), (200, 40, 40), (40, 110, 120)


def crop_of(colour: Colour) -> bytes:
    """Give the JPEG of a crop of one colour."""
    return encode_jpeg(np.full((SIDE, SIDE, 3), colour, np.uint8), 100)

"""Faces that are of one colour, lighter and darker, for a network that tells people by it."""

import numpy as np

from familiar.shared.vision.images import encode_jpeg

Colour = tuple[int, int, int]

SIDE = 64
SQUARE, CONTRAST = 8, 30
# Blue comes first. Reddish is a little redder than green, and Rob's by 0.62.
RED, GREEN, BLUE, REDDISH = (40, 40, 200), (40, 200, 40), (200, 40, 40), (40, 110, 120)


def crop_of(colour: Colour, *, sharp: bool = True) -> bytes:
    """Give the JPEG of a crop that is of this colour on average; one that is not sharp is plain."""
    rows, columns = np.indices((SIDE, SIDE)) // SQUARE
    squares = (rows + columns) % 2 * 2 - 1
    image = np.array(colour) + squares[..., np.newaxis] * (CONTRAST if sharp else 0)
    return encode_jpeg(image.astype(np.uint8), 100)

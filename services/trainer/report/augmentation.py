"""Sheet of pictures that shows augmentation: each row a face as it was taken, and views of it."""

import cv2
import numpy as np

from familiar.services.trainer.data.augment import augment
from familiar.shared.vision.images import Image, encode_jpeg

VIEWS = 7
SIDE = 112
GAP = 4
GROUND = 255
_JPEG_QUALITY = 85


def draw_augmentation(samples: Image, seed: int = 0) -> bytes:
    """Draw each sample, RGB, `(k, side, side, 3)`, `uint8`, beside `VIEWS` augmented views of it, as JPEG."""
    step = SIDE + GAP
    sheet = np.full((len(samples) * step - GAP, (1 + VIEWS) * step - GAP, 3), GROUND, np.uint8)
    for row, sample in enumerate(samples):
        random = np.random.default_rng((seed, row))
        for column, view in enumerate((sample, *(augment(sample, random) for _ in range(VIEWS)))):
            top, left = row * step, column * step
            sheet[top : top + SIDE, left : left + SIDE] = cv2.resize(view, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return encode_jpeg(cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False), _JPEG_QUALITY)

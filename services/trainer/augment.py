"""Augmentation: new views of a face, as a camera might have caught it a little later."""

import cv2
import numpy as np

from shared.images import Image

ROTATION = 12.0
SHEAR = 8.0
ZOOM = (0.85, 1.2)
SHIFT = 0.08
MIRRORED = 0.5
BRIGHTNESS = 0.1
CONTRAST = (0.8, 1.25)
GAMMA = (0.75, 1.35)
TINT = 0.05


def augment(image: Image, random: np.random.Generator) -> Image:
    """Move and relight a model input at random: RGB, `(160, 160, 3)`, `uint8`, in and out.

    The ranges are uniform: rotation up to `ROTATION` and shear up to `SHEAR` degrees, zoom by a factor
    in `ZOOM`, shift up to `SHIFT` of the side, mirrored with probability `MIRRORED`; then brightness up
    to `BRIGHTNESS` of full scale, contrast and gamma by a factor, each channel by up to `TINT`.
    """
    return _relight(_move(image, random), random)


def _move(image: Image, random: np.random.Generator) -> Image:
    """Apply rotation, shear, zoom, shift and mirroring about the middle, as one affine map."""
    height, width = image.shape[:2]
    middle = np.array([width - 1, height - 1]) / 2
    angle = np.deg2rad(random.uniform(-ROTATION, ROTATION))
    shear = np.tan(np.deg2rad(random.uniform(-SHEAR, SHEAR)))
    zoom = random.uniform(*ZOOM)
    shift = random.uniform(-SHIFT, SHIFT, 2) * (width, height)
    mirror = -1 if random.random() < MIRRORED else 1

    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = zoom * rotation @ np.array([[1, shear], [0, 1]]) @ np.diag([mirror, 1])
    offset = middle + shift - linear @ middle
    affine = np.column_stack([linear, offset])
    # Mirrored at the edge, because a black corner would be the same for everybody and tell nothing.
    moved = cv2.warpAffine(image, affine, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return moved.astype(np.uint8, copy=False)


def _relight(image: Image, random: np.random.Generator) -> Image:
    """Change gamma, contrast, brightness and tint, through one table of 256 values for each channel."""
    brightness = random.uniform(-BRIGHTNESS, BRIGHTNESS)
    contrast = random.uniform(*CONTRAST)
    tint = 1 + random.uniform(-TINT, TINT, 3)
    light = np.linspace(0, 1, 256) ** random.uniform(*GAMMA)
    curve = (light - 0.5) * contrast + 0.5 + brightness
    table = np.clip(np.outer(curve, tint) * 255, 0, 255).round().astype(np.uint8)
    return cv2.LUT(image, table[np.newaxis]).astype(np.uint8, copy=False)

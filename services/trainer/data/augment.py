"""Augmentation: new views of a face, as the camera might have caught it a moment later, or on another day."""

from dataclasses import dataclass

import cv2
import numpy as np

from familiar.shared.vision.images import Image, decode_image, encode_jpeg

MIRRORED = 0.5


@dataclass(frozen=True)
class Strength:
    """Ranges of the augmentation, each sampled uniformly.

    Geometry: rotation and shear in degrees, zoom as a factor of up to `exp(zoom)`, shift as a share of the side. Light:
    brightness as a share of full scale; contrast, gamma and each channel's tint as factors of up to `exp` of these; a
    shade from one side to the other. Camera: at least `smallest` pixels wide; with probability `blurred` a Gaussian
    blur of up to `blur` pixels; a JPEG of at least that `quality`.
    """

    rotation: float
    shear: float
    zoom: float
    shift: float
    brightness: float
    contrast: float
    gamma: float
    tint: float
    shade: float
    smallest: int
    blurred: float
    blur: float
    quality: int


# For training. In aligned faces only landmark errors vary the geometry; much stronger views make anybody who is badly
# lit look like everybody (docs/LOG.md).
ANOTHER_MOMENT = Strength(4, 3, 0.05, 0.025, 0.06, 0.15, 0.25, 0.06, 0.25, 90, 0.25, 0.8, 60)
# For calibration.
ANOTHER_DAY = Strength(6, 5, 0.07, 0.04, 0.12, 0.3, 0.5, 0.12, 0.5, 56, 0.5, 1.2, 40)
_LEAST_BLUR = 0.3
_BEST_QUALITY = 95


def augment(image: Image, random: np.random.Generator, strength: Strength = ANOTHER_MOMENT) -> Image:
    """Return a model input moved, relit and degraded at random: RGB, `(160, 160, 3)`, `uint8`, in and out."""
    return _worsen(_relight(_move(image, random, strength), random, strength), random, strength)


def _move(image: Image, random: np.random.Generator, strength: Strength) -> Image:
    """Apply rotation, shear, zoom, shift and mirroring about the centre, as one affine map."""
    height, width = image.shape[:2]
    middle = np.array([width - 1, height - 1]) / 2
    angle = np.deg2rad(random.uniform(-strength.rotation, strength.rotation))
    shear = np.tan(np.deg2rad(random.uniform(-strength.shear, strength.shear)))
    zoom = np.exp(random.uniform(-strength.zoom, strength.zoom))
    shift = random.uniform(-strength.shift, strength.shift, 2) * (width, height)
    mirror = -1 if random.random() < MIRRORED else 1

    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = zoom * rotation @ np.array([[1, shear], [0, 1]]) @ np.diag([mirror, 1])
    offset = middle + shift - linear @ middle
    affine = np.column_stack([linear, offset])
    # Reflected at the border, as black corners would be alike for everybody.
    moved = cv2.warpAffine(image, affine, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return moved.astype(np.uint8, copy=False)


def _relight(image: Image, random: np.random.Generator, strength: Strength) -> Image:
    """Apply gamma, contrast, brightness and tint through one lookup table per channel, and shade the image."""
    brightness = random.uniform(-strength.brightness, strength.brightness)
    contrast = np.exp(random.uniform(-strength.contrast, strength.contrast))
    tint = np.exp(random.uniform(-strength.tint, strength.tint, 3))
    light = np.linspace(0, 1, 256) ** np.exp(random.uniform(-strength.gamma, strength.gamma))
    curve = (light - 0.5) * contrast + 0.5 + brightness
    table = np.clip(np.outer(curve, tint) * 255, 0, 255).round().astype(np.uint8)
    direction, shade = random.uniform(0, 2 * np.pi), random.uniform(0, strength.shade)
    across, down = (np.linspace(-1, 1, side, dtype=np.float32) for side in image.shape[1::-1])
    ramp = 1 + shade * (np.cos(direction) * across + np.sin(direction) * down[:, np.newaxis])
    shaded = cv2.LUT(image, table[np.newaxis]) * ramp[..., np.newaxis]
    return np.asarray(np.clip(shaded, 0, 255), np.uint8)


def _worsen(image: Image, random: np.random.Generator, strength: Strength) -> Image:
    """Degrade an image as a camera farther away would: fewer pixels, perhaps out of focus, compressed."""
    side = image.shape[0]
    fewer = int(random.uniform(strength.smallest, side))
    small = cv2.resize(image, (fewer, fewer), interpolation=cv2.INTER_AREA)
    worse = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    if random.random() < strength.blurred:
        worse = cv2.GaussianBlur(worse, (0, 0), random.uniform(_LEAST_BLUR, strength.blur))
    return decode_image(encode_jpeg(np.asarray(worse, np.uint8), int(random.uniform(strength.quality, _BEST_QUALITY))))

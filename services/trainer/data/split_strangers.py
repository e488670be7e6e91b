"""Strangers' faces, which a network learns to leave unnamed."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.shared.vision.images import MODEL_INPUT_SIZE, Image

# One face in ten is held out for testing.
_PARTS = 10
_TEST_PARTS = 1


@dataclass(frozen=True)
class Strangers:
    """Strangers' faces in a train and a test part, either of which may be empty.

    Images are model inputs: RGB, `(n, 160, 160, 3)`, `uint8`. `marked`, `(n,)`, `bool`, flags those of `train_images`
    that somebody marked as strangers; these are never tested with.
    """

    train_images: Image
    marked: NDArray[np.bool_]
    test_images: Image


def split_strangers(faces: Sequence[Image], marked: Sequence[Image] = ()) -> Strangers:
    """Split strangers' faces, given as model inputs, into parts; those in `marked` are learned from.

    The part is a hash of the picture, so that a face that one version was tested with never trains the next, whatever
    was added in between.
    """
    parts = [zlib.crc32(face.tobytes()) % _PARTS for face in faces]
    test = [face for face, part in zip(faces, parts, strict=True) if part < _TEST_PARTS]
    train = [face for face, part in zip(faces, parts, strict=True) if part >= _TEST_PARTS]
    return Strangers(
        train_images=stack_images([*train, *marked]),
        marked=np.array([False] * len(train) + [True] * len(marked), np.bool_),
        test_images=stack_images(test),
    )


def stack_images(images: Sequence[Image]) -> Image:
    """Stack model inputs into one array, `(n, 160, 160, 3)`, `uint8`; n may be 0."""
    return np.array(images, np.uint8).reshape(-1, MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3)

"""The frozen base of other recipes: a whole network at 224 by 224 pixels with global average pooling."""

from collections.abc import Callable, Sequence

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.vision.images import Image

INPUT_SIZE = 224
BATCH_SIZE = 32

Features = NDArray[np.float32]


def base_input(crop: Image) -> Image:
    """Convert the crop of a face to RGB, `(224, 224, 3)`, `uint8`."""
    interpolation = cv2.INTER_AREA if crop.shape[0] > INPUT_SIZE else cv2.INTER_LINEAR
    resized = cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=interpolation)
    return cv2.cvtColor(resized, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def load_frozen(architecture: Callable[..., keras.Model], weights: str, *, pooled: bool) -> keras.Model:
    """Load a frozen network of `keras.applications` without its top, optionally with global average pooling.

    `weights` is `imagenet`, the path of a file, or `random`.

    Raises:
        WeightsUnavailable: the download failed, or the file is missing, damaged or of another network.
    """
    shape = (INPUT_SIZE, INPUT_SIZE, 3)
    source, pooling = None if weights == "random" else weights, "avg" if pooled else None
    try:
        base = architecture(input_shape=shape, include_top=False, weights=source, pooling=pooling)
    except Exception as error:  # Keras raises a bare Exception where a download fails.
        raise WeightsUnavailable(
            f"The weights {weights!r} of {architecture.__name__} cannot be had. Put its file without top for "
            f"{INPUT_SIZE} pixels into ~/.keras/models, or leave this recipe out with --only. (Keras says: {error})"
        ) from error
    base.trainable = False
    return base


class PooledFeatures:
    """A feature extractor for the new layers of a recipe."""

    def __init__(self, base: keras.Model, scaling: keras.Layer, augmentation: keras.Layer | None = None) -> None:
        """Take a base that ends in global average pooling, and the preprocessing of pixels, 0..255."""
        self._base = base

        def compute(pixels: tf.Tensor, *, augmented: bool) -> tf.Tensor:
            if augmentation is not None and augmented:
                pixels = augmentation(pixels, training=True)
            return base(scaling(pixels), training=False)

        self._compute = tf.function(compute, reduce_retracing=True)

    def __call__(self, crops: Sequence[Image], *, augmented: bool = False) -> Features:
        """Compute the features, `(n, channels)`, of crops, optionally augmented at random."""
        features = np.empty((len(crops), self._base.output_shape[-1]), np.float32)
        for start in range(0, len(crops), BATCH_SIZE):
            batch = np.stack([base_input(crop) for crop in crops[start : start + BATCH_SIZE]])
            pixels = tf.convert_to_tensor(batch.astype(np.float32))
            features[start : start + len(batch)] = self._compute(pixels, augmented=augmented).numpy()
        return features

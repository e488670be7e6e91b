"""A frozen base as other recipes use it: whole, at 224 by 224 pixels, its last activations averaged."""

from collections.abc import Sequence

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from shared.images import Image

INPUT_SIZE = 224
BATCH_SIZE = 32

Features = NDArray[np.float32]


def base_input(crop: Image) -> Image:
    """Turn the crop of a face into RGB, `(224, 224, 3)`, `uint8`, whatever size Familiar's own network takes."""
    interpolation = cv2.INTER_AREA if crop.shape[0] > INPUT_SIZE else cv2.INTER_LINEAR
    resized = cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=interpolation)
    return cv2.cvtColor(resized, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def keras_weights(weights: str) -> str | None:
    """Translate Familiar's word for weights into that of `keras.applications`."""
    return None if weights == "random" else weights


class PooledFeatures:
    """Computes what the new layers of a recipe learn from."""

    def __init__(self, base: keras.Model, scaling: keras.Layer, augmentation: keras.Layer | None = None) -> None:
        """Take a base that ends in global average pooling, and what is done to pixels, 0..255, before it."""
        self._base = base

        def compute(pixels: tf.Tensor, *, augmented: bool) -> tf.Tensor:
            if augmentation is not None and augmented:
                pixels = augmentation(pixels, training=True)
            return base(scaling(pixels), training=False)

        self._compute = tf.function(compute, reduce_retracing=True)

    def __call__(self, crops: Sequence[Image], *, augmented: bool = False) -> Features:
        """Compute `(n, channels)` of crops; augmented, each is moved at random before."""
        features = np.empty((len(crops), self._base.output_shape[-1]), np.float32)
        for start in range(0, len(crops), BATCH_SIZE):
            batch = np.stack([base_input(crop) for crop in crops[start : start + BATCH_SIZE]])
            pixels = tf.convert_to_tensor(batch.astype(np.float32))
            features[start : start + len(batch)] = self._compute(pixels, augmented=augmented).numpy()
        return features

"""Export: the network as Keras keeps it and as LiteRT serves it, verified to answer alike."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.network.litert import LiteRTNetwork
from familiar.shared.contract.errors import BrokenExport
from familiar.shared.stores.models import KERAS_MODEL, SERVED_MODEL

# Of probabilities. Another order of summation costs about 1e-6, a faulty export far more.
ALLOWED_DIFFERENCE = 1e-4


def export(model: keras.Model, converted: bytes, folder: Path, crops: NDArray[np.uint8]) -> float:
    """Write `model.keras` and `model.tflite` into the folder; return the largest difference of their answers.

    `converted` is the same network for LiteRT. It takes one image, `(1, 160, 160, 3)`, `float32`, RGB, 0..255, and
    gives `(1, people)`. Both files are read back and run on the crops, `(n, 160, 160, 3)`, `uint8`.

    Raises:
        BrokenExport: two probabilities differ by more than `ALLOWED_DIFFERENCE`.
    """
    model.save(folder / KERAS_MODEL)
    (folder / SERVED_MODEL).write_bytes(converted)
    difference = largest_difference(folder, crops)
    # Negated, so that NaN fails, too.
    if not difference <= ALLOWED_DIFFERENCE:
        raise BrokenExport(
            f"{SERVED_MODEL} and {KERAS_MODEL} answer differently to the same face: {difference:.6f}, where at most "
            f"{ALLOWED_DIFFERENCE} is allowed. Nothing was published; report this with the log."
        )
    return difference


def largest_difference(folder: Path, crops: NDArray[np.uint8]) -> float:
    """Return the largest difference of two probabilities that the folder's files give to the same crops."""
    by_keras = keras.saving.load_model(folder / KERAS_MODEL, compile=False)
    by_litert = LiteRTNetwork((folder / SERVED_MODEL).read_bytes())
    expected = np.asarray(by_keras(crops.astype(np.float32), training=False))
    found = np.stack([by_litert(crop) for crop in crops])
    return float(np.max(np.abs(expected - found)))

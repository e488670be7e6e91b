"""The frozen base: MobileNet, and the sources of its weights."""

import contextlib
import io
import socket
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.contract.manifest import Weights
from familiar.shared.runtime.files import sha256_of

# Weights of MobileNet exist for 128 to 224 pixels. Convolutions fit any input size, and the weights for this one are
# those that people have; at 160 pixels they tell faces apart as well as at 224.
PRETRAINED_SIZE = 224
# Enough crops for steady statistics, few enough that a pass over them needs little memory.
STATISTICS_SAMPLES = 64

# Where Keras downloads from.
DOWNLOADS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet"
# A download that stalls for this long has failed.
STALLED_SECONDS = 30.0

_WIDTHS_IN_FILE_NAMES = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
# By width, where known.
_KNOWN_SHA256 = {
    0.25: "dbdb03ee2a22fd895301636cd328b234bb3a9952358f436d82f46b81e0d5b0bf",
    1.0: "32d50adfe973d606284a816a5c390b7c3818f927723061df8eaf14995c83e3ec",
}


def load_base(weights: str, base_width: float, samples: NDArray[np.uint8]) -> tuple[keras.Model, Weights]:
    """Load MobileNet without its top (Howard et al., 2017, arXiv:1704.04861), every layer frozen.

    `weights` is `imagenet` (downloaded by Keras once, then cached), the path of a `.h5` file with weights of that
    width, or `random`, which takes its statistics from `samples`: RGB, `(n, 160, 160, 3)`, `uint8`. The base expects
    pixels scaled to -1..1.

    Raises:
        WeightsUnavailable: the download failed or stalled, or the file is missing, damaged or of another network. With
            `imagenet`, also if its SHA-256 is not the known one.
    """
    if weights == "random":
        base = _build(None, base_width)
        _draw_filters(base)
        _measure_statistics(base, samples)
        record = Weights(source="random", sha256=None)
    elif weights == "imagenet":
        base, path = _load_imagenet(base_width)
        record = Weights(source="imagenet", sha256=sha256_of(path))
    else:
        base = _load_file(Path(weights).expanduser(), base_width)
        record = Weights(source=weights, sha256=sha256_of(Path(weights).expanduser()))
    base.trainable = False
    return base, record


def _build(weights: str | None, base_width: float) -> keras.Model:
    shape = (PRETRAINED_SIZE, PRETRAINED_SIZE, 3) if weights else (None, None, 3)
    return keras.applications.MobileNet(input_shape=shape, alpha=base_width, include_top=False, weights=weights)


def _load_imagenet(base_width: float) -> tuple[keras.Model, Path]:
    name = _file_name(base_width)
    try:
        path = _download(name)
        _require_known(path, base_width)
        base = _build(str(path), base_width)
    except WeightsUnavailable:
        raise
    except Exception as error:  # Keras raises a bare Exception where a download fails.
        raise WeightsUnavailable(
            f"The ImageNet weights of MobileNet could not be downloaded or read. Put the file {name} into "
            "$KERAS_HOME/models (~/.keras/models where KERAS_HOME is unset), or give its path in FAMILIAR_WEIGHTS; "
            f"then no network is needed. If it is there already, it is damaged: replace it. (Keras says: {error})"
        ) from error
    return base, path


def _download(name: str) -> Path:
    """Return the path of a file in Keras' cache; it is downloaded if missing."""
    # Keras writes its progress bar to stdout, which belongs to the caller.
    with contextlib.redirect_stdout(io.StringIO()), _stalls_end(STALLED_SECONDS):
        return Path(keras.utils.get_file(name, origin=f"{DOWNLOADS}/{name}", cache_subdir="models"))


@contextlib.contextmanager
def _stalls_end(seconds: float) -> Iterator[None]:
    """Set the default timeout of new sockets; Keras sets none, and accepts none."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _require_known(path: Path, base_width: float) -> None:
    """Raise `WeightsUnavailable` unless a file's SHA-256 is that of its width, where that is known."""
    found = sha256_of(path)
    if found != _KNOWN_SHA256.get(base_width, found):
        raise WeightsUnavailable(
            f"{path} is not the file of ImageNet weights that it should be: its SHA-256 is {found}. Delete it, and it "
            "is downloaded again. If these are weights that you mean to use, give the path in FAMILIAR_WEIGHTS."
        )


def _file_name(base_width: float) -> str:
    return f"mobilenet_{_WIDTHS_IN_FILE_NAMES[base_width]}_{PRETRAINED_SIZE}_tf_no_top.h5"


def _load_file(path: Path, base_width: float) -> keras.Model:
    if not path.is_file():
        raise WeightsUnavailable(
            f"There is no weights file {path}. FAMILIAR_WEIGHTS names a file of MobileNet weights such as "
            f"{_file_name(base_width)}, or is `imagenet`."
        )
    try:
        return _build(str(path), base_width)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsUnavailable(
            f"The weights file {path} does not fit MobileNet without top at width {base_width}, or is damaged. "
            f"Name the file {_file_name(base_width)} in FAMILIAR_WEIGHTS, or train with the width of this one. "
            f"(Keras says: {error})"
        ) from error


def _draw_filters(base: keras.Model) -> None:
    """Initialise random filters that lose little of a picture in eleven blocks.

    The first layer's sum to zero, so that they see edges and not the colour of the lamp; depthwise ones blur, with some
    noise; pointwise ones are orthogonal (Saxe et al., 2013, arXiv:1312.6120). Keras' own (Glorot) told two drawn people
    apart with 0.88 to 0.95 accuracy where these give 1.00.
    """
    orthogonal = keras.initializers.Orthogonal()
    blur = keras.initializers.RandomNormal(1 / 9, 0.05)
    for layer in base.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            layer.kernel.assign(blur(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(orthogonal(layer.kernel.shape))
    first = base.get_layer("conv1").kernel
    first.assign(first - keras.ops.mean(first, (0, 1), keepdims=True))


def _measure_statistics(base: keras.Model, samples: NDArray[np.uint8]) -> None:
    """Set every batch normalisation of a random base to the statistics of its own input.

    Without it, frozen random layers shrink their input by 20 orders of magnitude. One pass in training mode is enough:
    each layer sees its input normalised by the layers before, and with momentum 0 keeps the statistics of exactly this
    pass.
    """
    spread = np.linspace(0, len(samples) - 1, min(len(samples), STATISTICS_SAMPLES)).astype(int)
    normalisations = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalisations]
    for layer in normalisations:
        layer.momentum = 0.0
    base(samples[spread].astype(np.float32) / 127.5 - 1, training=True)
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum

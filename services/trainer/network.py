"""The network: a frozen base that sees, and new layers that tell people apart."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from shared.images import MODEL_INPUT_SIZE
from shared.manifest import Layer

# ImageNet's last layers forget what tells faces apart, and averages over the whole map forget where it was. So the
# features are fine ones from the middle and coarse ones from further up: activations of these layers, averaged over
# squares of so many places. docs/decisions/6-two-layers-of-the-middle.md compares layers, grids and input sizes.
POOLING = {"conv_pw_7_relu": 2, "conv_pw_11_relu": 5}
# Turns scores, which are about 1 for the person seen and 0 for all others, into probabilities.
SHARPNESS = 8.0
# A feature that hardly varies in the samples would otherwise be enlarged into noise.
LEAST_DEVIATION = 0.01

PEOPLE = "people"


def cut_base(base: keras.Model) -> keras.Model:
    """Make the frozen part of the network out of MobileNet: pixels in, features out.

    Input `pixels`: RGB, `(n, 160, 160, 3)`, `float32`, 0..255, scaled to -1..1 by the first layer. Output:
    `(n, features)`, `float32`, the activations of the layers in `POOLING`, averaged over squares, which keeps where
    in the face they are.
    """
    pixels = keras.Input((MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), name="pixels")
    output = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling", trainable=False)(pixels)
    parts, first = [], 1
    for name, places in POOLING.items():
        last = base.layers.index(base.get_layer(name)) + 1
        output = _chain(output, base.layers[first:last])
        pooled = keras.layers.AveragePooling2D(places, name=f"{name}_averages", trainable=False)(output)
        parts.append(keras.layers.Flatten(name=f"{name}_flat", trainable=False)(pooled))
        first = last
    return keras.Model(pixels, keras.layers.Concatenate(name="features", trainable=False)(parts), name="frozen")


def build_new_layers(features: int, classes: int) -> keras.Model:
    """Build the layers that learn: features in, `(n, features)`, one score for each of `classes` out.

    Every feature is brought to mean 0 and deviation 1, for which see `set_statistics`; then one dense layer weighs
    them all.
    """
    inputs = keras.Input((features,), name="features")
    layers = (
        keras.layers.BatchNormalization(center=False, scale=False, epsilon=0.0, trainable=False, name="standardise"),
        # The length of a standardised vector is then about 1, however many features there are.
        keras.layers.Rescaling(features**-0.5, name="unit_length"),
        keras.layers.Dense(classes, name="scores"),
    )
    return keras.Model(inputs, _chain(inputs, layers), name="new_layers")


def set_statistics(
    new_layers: keras.Model, mean_of: Sequence[NDArray[np.float32]], deviation_of: Sequence[NDArray[np.float32]]
) -> None:
    """Give the new layers the mean of each feature in some parts and its deviation in others, `(n, features)` each."""
    mean, _ = _moments(mean_of)
    deviation_mean, squares = _moments(deviation_of)
    deviation = np.sqrt(np.maximum(squares - deviation_mean**2, 0))
    deviation += LEAST_DEVIATION * deviation.mean() + np.finfo(np.float32).tiny
    new_layers.get_layer("standardise").set_weights([mean, deviation**2])


def standardised(features: NDArray[np.float32], new_layers: keras.Model) -> NDArray[np.float32]:
    """Turn features, `(n, features)`, into what reaches the dense layer: of the same shape, length about 1."""
    mean, variance = new_layers.get_layer("standardise").get_weights()
    flat: NDArray[np.float32] = features - mean
    flat /= np.sqrt(variance * mean.size)
    return flat


def join(base: keras.Model, new_layers: keras.Model, people: int) -> keras.Model:
    """Put the cut base and the new layers together into one flat network that shares their weights.

    Input `pixels`: RGB, `(n, 160, 160, 3)`, `float32`, 0..255. Output `people`: `(n, people)`, `float32`,
    probabilities; that of the background, where it is a class, is left away.
    """
    output = _chain(base.output, new_layers.layers[1:])
    output = keras.layers.Rescaling(SHARPNESS, name="sharpness")(output)
    classes = output.shape[-1]
    background = classes - people
    layers: list[keras.Layer] = [keras.layers.Softmax(name="probabilities" if background else PEOPLE)]
    if background:
        layers += [
            keras.layers.Reshape((classes, 1), name="column"),
            keras.layers.Cropping1D((0, background), name="without_background"),
            keras.layers.Reshape((people,), name=PEOPLE),
        ]
    return keras.Model(base.input, _chain(output, layers), name="familiar")


def probabilities(scores: NDArray[np.float32], people: int) -> NDArray[np.float32]:
    """Turn the new layers' scores, `(n, classes)`, into what the joined network answers, `(n, people)`."""
    exponents = np.exp(SHARPNESS * (scores - scores.max(axis=1, keepdims=True, initial=-np.inf)))
    shares: NDArray[np.float32] = (exponents / exponents.sum(axis=1, keepdims=True))[:, :people]
    return shares


def describe_layers(model: keras.Model) -> tuple[Layer, ...]:
    """Describe every layer that does something, in order from pixels to answer."""
    return tuple(
        Layer(
            name=layer.name,
            kind=type(layer).__name__,
            trainable=layer.trainable,
            parameters=layer.count_params(),
        )
        for layer in model.layers
    )


def _chain(output: keras.KerasTensor, layers: Iterable[keras.Layer]) -> keras.KerasTensor:
    """Lead a tensor through layers one after the other; MobileNet is such a chain, without branches."""
    for layer in layers:
        output = layer(output)
    return output


def _moments(parts: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of each feature and of its square, `(features,)`, without a second copy of the parts."""
    count = sum(map(len, parts))
    sums = sum(part.sum(axis=0, dtype=np.float64) for part in parts)
    squares = sum(np.einsum("nf,nf->f", part, part, dtype=np.float64) for part in parts)
    return np.asarray(sums / count), np.asarray(squares / count)

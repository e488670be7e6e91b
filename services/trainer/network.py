"""The network: a frozen base that sees, and new layers that tell people apart."""

from collections.abc import Iterable

import keras
import numpy as np
from numpy.typing import NDArray

from shared.images import MODEL_INPUT_SIZE
from shared.manifest import Layer

# ImageNet's last layers forget what tells faces apart, and averages over the whole map forget where it was.
# docs/decisions/6-new-layers-on-conv-pw-7.md compares layers, grids and input sizes.
LAST_LAYER = "conv_pw_7_relu"
POOLING = 2
# Turns scores, which are about 1 for the person seen and 0 for all others, into probabilities.
SHARPNESS = 8.0
# A feature that hardly varies in the samples would otherwise be enlarged into noise.
LEAST_DEVIATION = 0.01

PEOPLE = "people"


def cut_base(base: keras.Model) -> keras.Model:
    """Make the frozen part of the network out of MobileNet: pixels in, features out.

    Input `pixels`: RGB, `(n, 128, 128, 3)`, `float32`, 0..255, scaled to -1..1 by the first layer. Output:
    `(n, 4, 4, channels)`, `float32`, the activations of `LAST_LAYER` averaged over 2 by 2 places, which
    keeps where in the face they are and makes them four times smaller.
    """
    pixels = keras.Input((MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), name="pixels")
    output = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling", trainable=False)(pixels)
    output = _chain(output, base.layers[1 : base.layers.index(base.get_layer(LAST_LAYER)) + 1])
    output = keras.layers.AveragePooling2D(POOLING, name="features", trainable=False)(output)
    return keras.Model(pixels, output, name="frozen")


def build_new_layers(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Build the layers that learn: features of this shape in, `(n, *shape)`, one score for each of `classes` out.

    Every feature is brought to mean 0 and deviation 1, for which see `set_statistics`; then one dense layer weighs
    them all.
    """
    inputs = keras.Input(shape, name="features")
    layers = (
        keras.layers.Flatten(name="flatten"),
        keras.layers.BatchNormalization(center=False, scale=False, epsilon=0.0, trainable=False, name="standardise"),
        # The length of a standardised vector is then about 1, however many features there are.
        keras.layers.Rescaling(float(np.prod(shape)) ** -0.5, name="unit_length"),
        keras.layers.Dense(classes, name="scores"),
    )
    return keras.Model(inputs, _chain(inputs, layers), name="new_layers")


def set_statistics(new_layers: keras.Model, mean_of: NDArray[np.float32], deviation_of: NDArray[np.float32]) -> None:
    """Give the new layers the mean of each feature in some, `(n, ...)`, and its deviation in others, `(m, ...)`."""
    mean = mean_of.reshape(len(mean_of), -1).mean(axis=0)
    deviation = deviation_of.reshape(len(deviation_of), -1).std(axis=0)
    deviation += LEAST_DEVIATION * deviation.mean() + np.finfo(np.float32).tiny
    new_layers.get_layer("standardise").set_weights([mean, deviation**2])


def standardised(features: NDArray[np.float32], new_layers: keras.Model) -> NDArray[np.float32]:
    """Turn features, `(n, 4, 4, channels)`, into what reaches the dense layer: `(n, 16 * channels)`, length about 1."""
    mean, variance = new_layers.get_layer("standardise").get_weights()
    flat: NDArray[np.float32] = (features.reshape(len(features), -1) - mean) / np.sqrt(variance * mean.size)
    return flat


def join(base: keras.Model, new_layers: keras.Model, people: int) -> keras.Model:
    """Put the cut base and the new layers together into one flat network that shares their weights.

    Input `pixels`: RGB, `(n, 128, 128, 3)`, `float32`, 0..255. Output `people`: `(n, people)`, `float32`,
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

"""The network: a frozen base that sees, and new layers that tell people apart."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from shared.images import MODEL_INPUT_SIZE
from shared.manifest import Layer

# ImageNet's last layers forget what tells faces apart, and averages over the whole map forget where it was. So the
# features are activations of this layer from the middle, averaged over squares of so many places.
# docs/decisions/6-a-layer-of-the-middle.md compares layers, squares and input sizes.
LAST_FROZEN = "conv_pw_7_relu"
POOLING = 2
# Turns scores, which are about 1 for the person seen and 0 for all others, into logits.
SHARPNESS = 8.0
# A feature that hardly varies in the samples would otherwise be enlarged into noise.
LEAST_DEVIATION = 0.01

FEATURES = "features"
LOGITS = "logits"
PEOPLE = "people"


def build_network(base: keras.Model, people: int, classes: int) -> keras.Model:
    """Build the whole network out of MobileNet: a frozen part, pixels in, features out, and new layers on top.

    Input `pixels`: RGB, `(n, 160, 160, 3)`, `float32`, 0..255, scaled to -1..1 by the first layer. The layer
    `features`, `(n, features)`, is the activations of `LAST_FROZEN`, averaged over squares, which keeps where in the
    face they are; `logits` weighs them, at random until it is given weights. Output `people`: `(n, people)`,
    `float32`, probabilities; those of further classes, such as the background, are left away.
    """
    pixels = keras.Input((MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), name="pixels")
    output = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling", trainable=False)(pixels)
    output = _chain(output, base.layers[1 : base.layers.index(base.get_layer(LAST_FROZEN)) + 1])
    output = keras.layers.AveragePooling2D(POOLING, name="averages", trainable=False)(output)
    features = keras.layers.Flatten(name=FEATURES, trainable=False)(output)
    # Random biases too, because the converter leaves a layer no place for biases that are all zero.
    logits = keras.layers.Dense(classes, bias_initializer="random_normal", name=LOGITS)(features)
    further = classes - people
    layers: list[keras.Layer] = [keras.layers.Softmax(name="probabilities" if further else PEOPLE)]
    if further:
        layers += [
            keras.layers.Reshape((classes, 1), name="column"),
            keras.layers.Cropping1D((0, further), name="without_background"),
            keras.layers.Reshape((people,), name=PEOPLE),
        ]
    return keras.Model(pixels, _chain(logits, layers), name="familiar")


def with_features(network: keras.Model) -> keras.Model:
    """Let a network answer twice: the probabilities first, then the features that they come from."""
    return keras.Model(network.input, [network.output, network.get_layer(FEATURES).output], name=network.name)


def build_new_layers(features: int, classes: int) -> keras.Model:
    """Build the layers that learn: features in, `(n, features)`, one score for each of `classes` out.

    Every feature is brought to mean 0 and deviation 1, for which see `set_statistics`; then one dense layer weighs
    them all. `fold` makes the one layer of the network out of them.
    """
    inputs = keras.Input((features,), name=FEATURES)
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


def fold(new_layers: keras.Model) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fold the new layers and the sharpness into the weights of one layer, `(features, classes)` and `(classes,)`.

    Features times the first, plus the second, are logits: scores times `SHARPNESS`.
    """
    mean, variance = (values.astype(np.float64) for values in new_layers.get_layer("standardise").get_weights())
    kernel, bias = new_layers.get_layer("scores").get_weights()
    folded = SHARPNESS * kernel / np.sqrt(variance * mean.size)[:, np.newaxis]
    return folded.astype(np.float32), (SHARPNESS * bias - mean @ folded).astype(np.float32)


def probabilities(logits: NDArray[np.float32], people: int) -> NDArray[np.float32]:
    """Turn logits, `(n, classes)`, into what the network answers, `(n, people)`; n may be 0."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
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

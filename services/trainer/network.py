"""The network: a frozen base that sees, and new layers that tell people apart."""

from collections.abc import Iterable

import keras

from shared.images import MODEL_INPUT_SIZE
from shared.manifest import Layer

# ImageNet's last layers forget what tells faces apart: five people in press photographs are told apart with
# 0.94 accuracy from here and 0.89 from MobileNet's end, both in a grid of 3 by 3 averages.
LAST_LAYER = "conv_pw_11_relu"
CHANNELS = 64
DROPOUT = 0.4
# A training has few steps; with Keras' 0.99 the statistics have not settled when it ends.
BATCH_NORMALISATION_MOMENTUM = 0.9


def cut_base(base: keras.Model) -> keras.Model:
    """Make the frozen part of the network out of MobileNet: pixels in, features out.

    Input `pixels`: RGB, `(n, 224, 224, 3)`, `float32`, 0..255, scaled to -1..1 by the first layer. Output:
    `(n, 7, 7, channels)`, `float32`, the activations of `LAST_LAYER` averaged over 2 by 2 places, which
    keeps where in the face they are and makes them four times smaller.
    """
    pixels = keras.Input((MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), name="pixels")
    output = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling", trainable=False)(pixels)
    output = _chain(output, base.layers[1 : base.layers.index(base.get_layer(LAST_LAYER)) + 1])
    output = keras.layers.AveragePooling2D(2, name="features", trainable=False)(output)
    return keras.Model(pixels, output, name="frozen")


def build_new_layers(feature_shape: tuple[int, int, int], people: int) -> keras.Model:
    """Build the layers that learn: features in, one probability for each of `people` out, `float32`.

    They choose 64 mixtures of the base's channels at every place, average them over a 3 by 3 grid of the
    face (eyes above, mouth below), and weigh what is left.
    """
    features = keras.Input(feature_shape, name="features")
    layers = (
        keras.layers.Conv2D(CHANNELS, 1, use_bias=False, name="new_conv"),
        keras.layers.BatchNormalization(momentum=BATCH_NORMALISATION_MOMENTUM, name="new_conv_bn"),
        keras.layers.ReLU(name="new_conv_relu"),
        keras.layers.AveragePooling2D(3, strides=2, name="grid"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dropout(DROPOUT, name="dropout"),
        keras.layers.Dense(people, activation="softmax", name="people"),
    )
    return keras.Model(features, _chain(features, layers), name="new_layers")


def join(base: keras.Model, new_layers: keras.Model) -> keras.Model:
    """Put the cut base and the new layers together into one flat network that shares their weights.

    Input `pixels`: RGB, `(n, 224, 224, 3)`, `float32`, 0..255. Output `people`: `(n, people)`, `float32`.
    """
    return keras.Model(base.input, _chain(base.output, new_layers.layers[1:]), name="familiar")


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

"""The network: two frozen branches that extract features, and new layers that tell people apart."""

from collections.abc import Iterable

import keras
import numpy as np

from familiar.services.trainer.network.dlib_descriptor import DESCRIPTOR_LENGTH
from familiar.services.trainer.network.dlib_descriptor import LAST_LAYER as DESCRIPTOR_LAST
from familiar.shared.contract.manifest import Layer
from familiar.shared.vision.face_mesh import CHIP_SIZE
from familiar.shared.vision.images import MODEL_INPUT_SIZE

# ImageNet's last layers discard what tells faces apart, and global average pooling discards where it was. So the
# features are activations of this middle layer, average-pooled over squares of this side.
# docs/decisions/6-a-layer-of-the-middle.md compares layers, squares and input sizes.
LAST_FROZEN = "conv_pw_7_relu"
POOLING = 2

FEATURES = "features"
DIRECTION = "direction"
LOGITS = "logits"
PEOPLE = "people"


def build_network(base: keras.Model, descriptor: keras.Model | None, people: int) -> keras.Model:
    """Build the whole network from MobileNet and a face descriptor, both frozen, with new layers on top.

    Input `pixels`: RGB, `(n, 160, 160, 3)`, `float32`, 0..255, scaled to -1..1 for MobileNet. The layer `features`,
    `(n, features)`, is the activations of `LAST_FROZEN`, average-pooled over squares, which keeps where in the face
    they are. The descriptor sees the centre of the pixels; it is centred on the mean face and normalised to length 1.
    The layer `logits` weighs both, at random until `set_weights`. Output `people`: `(n, people)`, `float32`,
    probabilities; what they lack to 1 is that of nobody.
    """
    pixels = keras.Input((MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), name="pixels")
    output = keras.layers.Rescaling(1 / 127.5, offset=-1, name="rescaling", trainable=False)(pixels)
    output = _chain(output, base.layers[1 : base.layers.index(base.get_layer(LAST_FROZEN)) + 1])
    output = keras.layers.AveragePooling2D(POOLING, name="averages", trainable=False)(output)
    output = keras.layers.Flatten(name=FEATURES, trainable=False)(output)
    if descriptor is not None:
        chip = keras.layers.Cropping2D((MODEL_INPUT_SIZE - CHIP_SIZE) // 2, name="chip", trainable=False)(pixels)
        direction = keras.layers.UnitNormalization(name=DIRECTION, trainable=False)(descriptor(chip))
        output = keras.layers.Concatenate(name="both", trainable=False)([output, direction])
        _give_place(descriptor.get_layer(DESCRIPTOR_LAST))
    # Random biases, too, because the converter drops biases that are all zero.
    logits = keras.layers.Dense(people + 1, bias_initializer="random_normal", name=LOGITS)(output)
    layers = (
        keras.layers.Softmax(name="probabilities"),
        keras.layers.Reshape((people + 1, 1), name="column"),
        keras.layers.Cropping1D((0, 1), name="without_nobody"),
        keras.layers.Reshape((people,), name=PEOPLE),
    )
    return keras.Model(pixels, _chain(logits, layers), name="familiar")


def with_features(network: keras.Model) -> keras.Model:
    """Return the network with more outputs: the probabilities first, then the features, then the descriptor."""
    seen = [network.get_layer(FEATURES).output]
    if has_descriptor(network):
        seen.append(network.get_layer(DIRECTION).input)
    return keras.Model(network.input, [network.output, *seen], name=network.name)


def has_descriptor(network: keras.Model) -> bool:
    """Return whether a network has a face descriptor beside MobileNet."""
    return any(layer.name == DIRECTION for layer in network.layers)


def learned_weights(network: keras.Model) -> list[np.ndarray]:
    """Return the weights of the network that a training decides, in the order of `Embedding.fold`."""
    weights = network.get_layer(LOGITS).get_weights()
    if has_descriptor(network):
        weights.append(network.get_layer("descriptor").get_layer(DESCRIPTOR_LAST).get_weights()[1])
    return [np.asarray(part) for part in weights]


def set_weights(network: keras.Model, weights: list[np.ndarray]) -> None:
    """Set the weights that a training decides, in the order of `learned_weights`."""
    kernel, bias, *centre = weights
    network.get_layer(LOGITS).set_weights([kernel, bias])
    if centre:
        last = network.get_layer("descriptor").get_layer(DESCRIPTOR_LAST)
        last.set_weights([last.get_weights()[0], centre[0]])


def build_new_layers(inputs: int, networks: int, classes: int) -> keras.Model:
    """Build the trainable layers of several networks side by side: `(n, inputs)` in, logits out.

    The logits are `(n, networks, classes)`. Weights start at zero: nobody is likelier than anybody else.
    """
    seen = keras.Input((inputs,), name="inputs")
    layers = (
        keras.layers.Dense(networks * classes, kernel_initializer="zeros", name="scores"),
        keras.layers.Reshape((networks, classes), name="by_network"),
    )
    return keras.Model(seen, _chain(seen, layers), name="new_layers")


def describe_layers(model: keras.Model) -> tuple[Layer, ...]:
    """Return every layer in order from pixels to answer, including those of the descriptor."""
    return tuple(
        Layer(
            name=layer.name,
            kind=type(layer).__name__,
            trainable=layer.trainable,
            parameters=layer.count_params(),
        )
        for outer in model.layers
        for layer in (outer.layers if isinstance(outer, keras.Model) else [outer])
    )


def _give_place(last: keras.Layer) -> None:
    """Give the descriptor's last layer random biases, whose place in the conversion the mean face takes later."""
    kernel, _ = last.get_weights()
    last.set_weights([kernel, keras.random.normal((DESCRIPTOR_LENGTH,), stddev=0.01, seed=1)])


def _chain(output: keras.KerasTensor, layers: Iterable[keras.Layer]) -> keras.KerasTensor:
    """Pass a tensor through layers one after the other; MobileNet is such a chain, without branches."""
    for layer in layers:
        output = layer(output)
    return output

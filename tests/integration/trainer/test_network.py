"""The network of both branches, and of MobileNet alone, in Keras and in LiteRT, and given other weights there."""

from pathlib import Path

import flatbuffers
import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.trainer.network.dlib_descriptor import DESCRIPTOR_LENGTH, build_descriptor, descriptor_file
from familiar.services.trainer.network.features import Features
from familiar.services.trainer.network.head_input import Embedding
from familiar.services.trainer.network.litert import LiteRTNetwork, to_litert, with_weights
from familiar.services.trainer.network.mobilenet import load_base
from familiar.services.trainer.network.network import (
    build_network,
    describe_layers,
    has_descriptor,
    learned_weights,
    set_weights,
    with_features,
)
from familiar.shared.contract.errors import BrokenExport
from familiar.shared.vision.images import Image, to_model_input

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PEOPLE = 3


@pytest.fixture(scope="module")
def faces() -> Image:
    """Give model inputs of drawn people."""
    return np.stack([to_model_input(draw(person(name), 3, 300, 300)) for name in ("Ada", "Grace", "Linus", "Zoe")])


@pytest.fixture(scope="module", params=["both", "mobilenet"])
def network(request: pytest.FixtureRequest, faces: Image) -> keras.Model:
    """Give a network of both branches, and one of MobileNet alone; neither was trained."""
    path = descriptor_file()
    assert path is not None
    base, _ = load_base("random", 0.25, faces)
    return build_network(base, build_descriptor(path) if request.param == "both" else None, PEOPLE)


@pytest.fixture(scope="module")
def converted(network: keras.Model) -> bytes:
    """Give the network with its features in LiteRT."""
    return to_litert(with_features(network))


def answers_of(network: keras.Model, faces: Image) -> list[np.ndarray]:
    """Let a network answer in Keras: all its outputs."""
    answers = network(faces.astype(np.float32), training=False)
    return [np.asarray(answer) for answer in (answers if isinstance(answers, list) else [answers])]


def other_weights(network: keras.Model) -> list[np.ndarray]:
    """Give weights of the shapes that a training decides."""
    random = np.random.default_rng(1)
    return [random.normal(0, 0.1, old.shape).astype(np.float32) for old in learned_weights(network)]


def test_it_answers_the_same_when_it_is_saved_and_loaded(network: keras.Model, faces: Image, tmp_path: Path) -> None:
    """In Keras' safe mode: probabilities, features and what the descriptor says."""
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")

    for expected, found in zip(
        answers_of(with_features(network), faces), answers_of(with_features(loaded), faces), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert has_descriptor(loaded) == has_descriptor(network)


def test_only_the_logits_learn(network: keras.Model) -> None:
    """Every layer of both branches stands in the table, frozen; all parameters are counted."""
    layers = describe_layers(network)
    names = [layer.name for layer in layers]

    assert [layer.name for layer in layers if layer.trainable and layer.parameters] == ["logits"]
    assert {weight.path for weight in network.trainable_weights} == {"logits/kernel", "logits/bias"}
    assert sum(layer.parameters for layer in layers) == network.count_params()
    assert names[0] == "pixels"
    assert names[-1] == "people"
    assert "conv_pw_7_relu" in names
    assert "conv_pw_8" not in names
    assert ("descriptor_dense" in names) == ("chip" in names) == has_descriptor(network)


def test_it_answers_probabilities_of_the_people_alone(network: keras.Model, faces: Image) -> None:
    """What they lack to 1 is how likely it is nobody of them."""
    (probabilities,) = answers_of(network, faces)

    assert probabilities.shape == (len(faces), PEOPLE)
    assert (probabilities > 0).all()
    assert (probabilities.sum(axis=1) < 1).all()


def test_features_are_what_the_branches_say(network: keras.Model, converted: bytes, faces: Image) -> None:
    """As Keras says it, side by side, MobileNet's first; the descriptor's are counted."""
    _, *seen = answers_of(with_features(network), faces)

    with Features(converted, len(seen)) as features:
        found = features(faces)
        assert features.descriptor == (DESCRIPTOR_LENGTH if has_descriptor(network) else 0)

    np.testing.assert_allclose(found, np.hstack(seen), atol=1e-3)


def test_random_weights_still_tell_pictures_apart(network: keras.Model, faces: Image) -> None:
    """With measured statistics the features differ from picture to picture, and are not about 1e-20."""
    for seen in answers_of(with_features(network), faces)[1:]:
        assert seen.std(axis=0).mean() > 1e-3


def test_an_embedding_folded_into_it_answers_as_one_before_it(
    network: keras.Model, converted: bytes, faces: Image
) -> None:
    """The whole way: what the branches say is embedded and weighed, and the network computes the same by itself."""
    with Features(converted, 2 if has_descriptor(network) else 1) as features:
        seen, descriptor = features(faces), features.descriptor
    embedding = Embedding.fitted_to(seen, np.ones(len(faces), np.float32), descriptor)
    random = np.random.default_rng(2)
    kernel, bias = random.normal(size=(seen.shape[1], PEOPLE + 1)), random.normal(size=PEOPLE + 1)
    logits = embedding(seen) @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    before = learned_weights(network)
    centre = before[2] if descriptor else np.empty(0, np.float32)
    set_weights(network, embedding.fold(kernel.astype(np.float32), bias.astype(np.float32), centre))
    (found,) = answers_of(network, faces)
    set_weights(network, before)

    np.testing.assert_allclose(found, expected[:, :PEOPLE], atol=1e-4)


def test_a_converted_network_takes_other_weights(network: keras.Model, converted: bytes, faces: Image) -> None:
    """It answers as Keras does with these, and no longer gives the features; the one given stays as it was."""
    before, after = learned_weights(network), other_weights(network)
    set_weights(network, after)
    (expected,) = answers_of(network, faces)
    set_weights(network, before)

    served = with_weights(converted, before, after)

    network_served, unchanged = LiteRTNetwork(served), LiteRTNetwork(converted)
    np.testing.assert_allclose([network_served(face) for face in faces], expected, atol=1e-4)
    assert np.abs(unchanged(faces[0]) - expected[0]).max() > 1e-3
    assert LiteRTNetwork(converted, last=1).outputs > PEOPLE
    assert LiteRTNetwork(served, last=1).outputs == PEOPLE


def test_weights_that_it_does_not_hold_are_a_broken_export(network: keras.Model, converted: bytes) -> None:
    """Absent, or of another shape than what is to come in their place: nothing is published."""
    before, after = learned_weights(network), other_weights(network)

    with pytest.raises(BrokenExport, match="no place"):
        with_weights(converted, [before[0][:, :2], *before[1:]], [after[0][:, :2], *after[1:]])
    with pytest.raises(BrokenExport, match="no place"):
        with_weights(converted, [before[0] + 1, *before[1:]], after)
    with pytest.raises(BrokenExport, match="no place"):
        with_weights(converted, before, [after[0][:, :2], *after[1:]])


def test_weights_that_it_holds_twice_are_a_broken_export() -> None:
    """Nobody could tell which of them was learned. Two layers of unlike inputs share one bias here."""
    pixels = keras.Input((8, 8, 3))
    averages = keras.layers.GlobalAveragePooling2D()(pixels)
    kernels = np.random.default_rng(0).normal(size=(2, 3, 3)).astype(np.float32)
    layers = [keras.layers.Dense(3, activation=activation) for activation in ("relu", None)]
    network = keras.Model(pixels, layers[1](layers[0](averages)))
    bias = np.array([1, 2, 3], np.float32)
    for layer, kernel in zip(layers, kernels, strict=True):
        layer.set_weights([kernel, bias])
    converted = _with_each_buffer_of_its_own(to_litert(network), bias)

    assert with_weights(converted, [kernels[1]], [kernels[1] + 1])
    with pytest.raises(BrokenExport, match="no place"):
        with_weights(converted, [kernels[1], bias], [kernels[1], bias + 1])


def _with_each_buffer_of_its_own(converted: bytes, shared: np.ndarray) -> bytes:
    """Undo that the converter keeps equal weights once: every tensor that uses them gets a copy."""
    network = schema.ModelT.InitFromPackedBuf(converted, 0)
    sought = shared.tobytes()
    for tensor in network.subgraphs[0].tensors:
        buffer = network.buffers[tensor.buffer]
        if buffer.data is not None and bytes(buffer.data) == sought:
            copy = schema.BufferT()
            copy.data = buffer.data
            network.buffers.append(copy)
            tensor.buffer = len(network.buffers) - 1
    builder = flatbuffers.Builder(len(converted))
    builder.Finish(network.Pack(builder), b"TFL3")
    return bytes(builder.Output())

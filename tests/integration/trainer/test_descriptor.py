"""The descriptor: what dlib's network answers, Keras and LiteRT answer with the same weights."""

import itertools
import sys
from pathlib import Path

import cv2
import dlib
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.trainer.network.dlib_descriptor import DESCRIPTOR_LENGTH, build_descriptor, descriptor_file
from familiar.services.trainer.network.litert import LiteRTNetwork, to_litert, with_weights
from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.vision.face_mesh import CHIP_SIZE

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Chips = NDArray[np.uint8]
Descriptors = NDArray[np.float32]
PICTURES = 500


@pytest.fixture(scope="module")
def weights_file() -> Path:
    """Give the file of the installed package."""
    path = descriptor_file()
    assert path is not None
    return path


@pytest.fixture(scope="module")
def descriptor(weights_file: Path) -> keras.Model:
    """Give the network in Keras."""
    return build_descriptor(weights_file)


@pytest.fixture(scope="module")
def converted(descriptor: keras.Model) -> bytes:
    """Give the network in LiteRT."""
    return to_litert(descriptor)


@pytest.fixture(scope="module")
def drawn_chips() -> Chips:
    """Give drawn faces, noise, and one colour alone: RGB, `(n, 150, 150, 3)`."""
    frames = [draw(person(name), seconds, 300, 300) for name in ("Ada", "Grace", "Linus") for seconds in (0, 2)]
    random = np.random.default_rng(0)
    noise = list(random.integers(0, 256, (3, CHIP_SIZE, CHIP_SIZE, 3), np.uint8))
    plain = [np.full((CHIP_SIZE, CHIP_SIZE, 3), value, np.uint8) for value in (0, 255)]
    return np.stack([*map(_chip, frames), *noise, *plain])


def test_drawn_faces_and_noise_are_described_as_by_dlib(
    weights_file: Path, descriptor: keras.Model, converted: bytes, drawn_chips: Chips
) -> None:
    """By Keras and by LiteRT."""
    expected = _by_dlib(weights_file, drawn_chips)
    _assert_alike(_by_keras(descriptor, drawn_chips), expected)
    _assert_alike(_by_litert(converted, drawn_chips), expected)


def test_real_faces_are_described_as_by_dlib(
    weights_file: Path, descriptor: keras.Model, converted: bytes, real_faces: Path
) -> None:
    """By Keras and by LiteRT."""
    paths = [path for folder in ("strangers", "people_photos") for path in sorted((real_faces / folder).rglob("*.jpg"))]
    if not paths:
        pytest.skip("FAMILIAR_TEST_DATA has neither strangers/ nor people_photos/ with pictures of faces")
    pictures = (picture for path in paths if (picture := cv2.imread(str(path))) is not None)
    chips = np.stack([_chip(picture.astype(np.uint8)) for picture in itertools.islice(pictures, PICTURES)])
    expected = _by_dlib(weights_file, chips)
    _assert_alike(_by_keras(descriptor, chips), expected)
    _assert_alike(_by_litert(converted, chips), expected)


def test_inside_another_network_it_is_saved_loaded_and_converted(
    descriptor: keras.Model, drawn_chips: Chips, tmp_path: Path
) -> None:
    """Keras loads it in its safe mode; the only dense layer of the converted one can be given other weights."""
    pixels = keras.Input((CHIP_SIZE, CHIP_SIZE, 3))
    logits = keras.layers.Dense(2, bias_initializer="random_normal")(descriptor(pixels))
    network = keras.Model(pixels, logits)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(_by_keras(loaded, drawn_chips), _by_keras(network, drawn_chips))

    random = np.random.default_rng(0)
    kernel, bias = random.normal(size=(DESCRIPTOR_LENGTH, 2)).astype(np.float32), np.ones(2, np.float32)
    before = network.layers[-1].get_weights()
    answers = _by_litert(with_weights(to_litert(loaded), before, [kernel, bias]), drawn_chips)
    np.testing.assert_allclose(answers, _by_keras(descriptor, drawn_chips) @ kernel + bias, atol=1e-4)


def test_nothing_of_it_learns(descriptor: keras.Model) -> None:
    """Wherever it is put."""
    assert not descriptor.trainable_weights
    assert not any(layer.trainable for layer in descriptor.layers)


def test_in_int8_it_describes_nearly_the_same(descriptor: keras.Model, drawn_chips: Chips) -> None:
    """To within a few degrees."""
    answers = _by_litert(to_litert(descriptor, drawn_chips), drawn_chips)
    assert _cosines(answers, _by_keras(descriptor, drawn_chips)).min() > 0.98


def test_the_package_is_found_without_being_imported(weights_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for pkg_resources, which newer setuptools lack. Where it is not installed there is no file."""
    assert weights_file.is_file()
    assert "face_recognition_models" not in sys.modules
    monkeypatch.setattr(sys, "path", [])
    assert descriptor_file() is None


def test_a_damaged_file_is_refused(weights_file: Path, tmp_path: Path) -> None:
    """One bit is enough; the sentence says what to do."""
    contents = bytearray(weights_file.read_bytes())
    contents[len(contents) // 2] ^= 1
    damaged = tmp_path / "descriptor.dat"
    damaged.write_bytes(contents)
    with pytest.raises(WeightsUnavailable, match=r"is damaged.*pip install --force-reinstall"):
        build_descriptor(damaged)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(WeightsUnavailable, match=r"absent\.dat cannot be read.*pip install --force-reinstall"):
        build_descriptor(tmp_path / "absent.dat")


def _chip(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the middle of a BGR picture as an RGB chip."""
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    square = picture[top : top + side, left : left + side]
    small = cv2.resize(square, (CHIP_SIZE, CHIP_SIZE), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.uint8)


def _by_dlib(weights_file: Path, chips: Chips) -> Descriptors:
    network = dlib.face_recognition_model_v1(str(weights_file))
    return np.array(network.compute_face_descriptor(list(chips)), np.float32)


def _by_keras(network: keras.Model, chips: Chips) -> Descriptors:
    return np.asarray(network.predict(chips.astype(np.float32), verbose=0))


def _by_litert(converted: bytes, chips: Chips) -> Descriptors:
    network = LiteRTNetwork(converted)
    return np.stack([network(chip) for chip in chips])


def _cosines(answers: Descriptors, expected: Descriptors) -> NDArray[np.float32]:
    lengths = np.linalg.norm(answers, axis=1) * np.linalg.norm(expected, axis=1)
    cosines: NDArray[np.float32] = np.einsum("nd,nd->n", answers, expected) / lengths
    return cosines


def _assert_alike(answers: Descriptors, expected: Descriptors) -> None:
    """As directions and, since dlib compares distances, as numbers."""
    assert answers.shape == expected.shape == (len(expected), DESCRIPTOR_LENGTH)
    assert answers.dtype == np.float32
    print(f"{len(answers)} chips: least cosine {_cosines(answers, expected).min():.7f}")
    print(f"greatest difference {np.abs(answers - expected).max():.1e}")
    assert _cosines(answers, expected).min() >= 0.9999
    np.testing.assert_allclose(answers, expected, atol=1e-4)

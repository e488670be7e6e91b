"""Augmentation changes how a face is seen, not what it is made of."""

import numpy as np
import pytest

from familiar.services.trainer.data.augment import ANOTHER_DAY, ANOTHER_MOMENT, Strength, _move, augment
from familiar.shared.vision.images import Image

COPIES = 50

both_strengths = pytest.mark.parametrize("strength", [ANOTHER_MOMENT, ANOTHER_DAY])


@pytest.fixture
def face() -> Image:
    """Give a smooth model input, bright on the left and dark on the right, reddest at the top."""
    down, right = np.mgrid[0:160, 0:160]
    return np.stack([200 - down // 3, 190 - right // 2, 160 - right // 2], axis=-1).astype(np.uint8)


@both_strengths
def test_an_augmented_face_is_still_a_model_input(face: Image, strength: Strength) -> None:
    """Shape and type stay, so that the frozen branches can take it."""
    augmented = augment(face, np.random.default_rng(0), strength)

    assert augmented.shape == (160, 160, 3)
    assert augmented.dtype == np.uint8


def test_the_face_that_was_given_is_left_as_it_was(face: Image) -> None:
    """Every epoch starts from the same samples."""
    before = face.copy()

    augment(face, np.random.default_rng(0))

    np.testing.assert_array_equal(face, before)


@both_strengths
def test_the_same_seed_gives_the_same_face(face: Image, strength: Strength) -> None:
    """A training can be repeated."""
    first, second = (augment(face, np.random.default_rng(7), strength) for _ in range(2))

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


@both_strengths
def test_no_black_corners_are_drawn_in(strength: Strength) -> None:
    """What rotation and shift uncover is filled from the face: one of a single colour stays so."""
    grey = np.full((160, 160, 3), 128, np.uint8)
    random = np.random.default_rng(0)

    for _ in range(COPIES):
        assert (_move(grey, random, strength) == 128).all()


def test_light_changes_and_never_blinds(face: Image) -> None:
    """Copies are darker and brighter than the face, and on average about as bright."""
    random = np.random.default_rng(0)
    means = np.array([augment(face, random).mean() for _ in range(COPIES)])

    assert means.min() < face.mean() - 10
    assert means.max() > face.mean() + 10
    assert abs(means.mean() - face.mean()) < 20


def test_another_day_is_farther_away_than_another_moment(face: Image) -> None:
    """What is calibrated by is harder than what is learned from, each time that chance gives the same."""
    distances = [
        [
            np.abs(augment(face, np.random.default_rng(seed), strength) - face.astype(float)).mean()
            for seed in range(COPIES)
        ]
        for strength in (ANOTHER_MOMENT, ANOTHER_DAY)
    ]

    assert np.mean(distances[1]) > 1.2 * np.mean(distances[0])


def test_fine_detail_is_lost_as_in_the_picture_of_a_worse_camera() -> None:
    """Stripes of one pixel can hardly be seen in fewer pixels, and are never clearer than they were."""
    stripes = np.broadcast_to(np.where(np.arange(160) % 2, 100, 156)[:, np.newaxis], (160, 160, 3)).astype(np.uint8)
    random = np.random.default_rng(0)

    contrasts = [np.abs(np.diff(augment(stripes, random)[..., 1].astype(int), axis=0)).mean() for _ in range(COPIES)]

    assert np.median(contrasts) < 56 / 2


def test_a_strength_of_nothing_leaves_the_face_nearly_as_it_was(face: Image) -> None:
    """But for mirroring and what the best JPEG loses."""
    nothing = Strength(**dict.fromkeys(Strength.__annotations__, 0) | {"smallest": 160, "quality": 95})
    random = np.random.default_rng(0)

    for _ in range(COPIES):
        copy = augment(face, random, nothing).astype(int)
        assert min(np.abs(copy - seen).max() for seen in (face, face[:, ::-1])) <= 6

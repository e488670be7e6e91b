"""The embedding: what reaches the new layers, and the same folded into weights that take what the network computes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from familiar.services.trainer.network.head_input import MOBILENET_SHARE, Embedding

FACES, FEATURES, DESCRIPTOR, CLASSES = 200, 60, 128, 4

Numbers = NDArray[np.float32]
with_and_without = pytest.mark.parametrize("descriptor", [DESCRIPTOR, 0])


def seen(descriptor: int, faces: int = FACES) -> Numbers:
    """Give what the branches say of faces: features of different sizes, and descriptors that have a middle."""
    random = np.random.default_rng(0)
    features = random.normal(3, 1, (faces, FEATURES)) * np.geomspace(0.5, 5, FEATURES)
    middle = random.normal(0, 0.1, descriptor)
    return np.hstack([features, middle + random.normal(0, 0.05, (faces, descriptor))]).astype(np.float32)


def fitted(descriptor: int) -> Embedding:
    """Fit it to these faces, each of which counts the same."""
    return Embedding.fitted_to(seen(descriptor), np.ones(FACES, np.float32), descriptor)


@with_and_without
def test_folded_weights_answer_as_the_embedding_and_the_dense_layer_do(descriptor: int) -> None:
    """To 1e-4; the network takes the mean face from the descriptor and gives its direction, and does no more."""
    random = np.random.default_rng(1)
    embedding, faces = fitted(descriptor), seen(descriptor)
    kernel = random.normal(size=(FEATURES + descriptor, CLASSES)).astype(np.float32)
    bias = random.normal(size=CLASSES).astype(np.float32)
    # What the network adds to a descriptor before it is given other weights is in what was seen already.
    centre = random.normal(0, 0.01, descriptor).astype(np.float32)

    folded, folded_bias, *folded_centre = embedding.fold(kernel, bias, centre)
    inputs = faces.copy()
    if descriptor:
        (added,) = folded_centre
        directions = faces[:, FEATURES:] - centre + added
        inputs[:, FEATURES:] = directions / np.linalg.norm(directions, axis=1, keepdims=True)

    assert len(folded_centre) == (descriptor > 0)
    np.testing.assert_allclose(inputs @ folded + folded_bias, embedding(faces) @ kernel + bias, atol=1e-4)


@with_and_without
def test_folding_leaves_the_weights_that_were_given_as_they_were(descriptor: int) -> None:
    """They belong to the caller."""
    kernel = np.ones((FEATURES + descriptor, CLASSES), np.float32)
    bias = np.ones(CLASSES, np.float32)

    fitted(descriptor).fold(kernel, bias, np.ones(descriptor, np.float32))

    assert (kernel == 1).all()
    assert (bias == 1).all()


def test_a_face_has_about_length_1_and_the_branches_their_shares_of_it() -> None:
    """Of its square: the descriptor's is the same for every face, MobileNet's is so on average."""
    squares = fitted(DESCRIPTOR)(seen(DESCRIPTOR)).astype(np.float64) ** 2

    np.testing.assert_allclose(squares[:, FEATURES:].sum(axis=1), 1 - MOBILENET_SHARE, rtol=1e-5)
    assert squares[:, :FEATURES].sum(axis=1).mean() == pytest.approx(MOBILENET_SHARE, rel=0.1)


def test_mobilenet_alone_is_the_whole_length() -> None:
    """There is nobody to share it with."""
    squares = fitted(0)(seen(0)).astype(np.float64) ** 2

    assert squares.shape == (FACES, FEATURES)
    assert squares.sum(axis=1).mean() == pytest.approx(1, rel=0.1)


def test_every_feature_counts_the_same_however_large_its_numbers_are() -> None:
    """They are about 0 on average, and deviate as far as each other, but for what keeps noise small."""
    inputs = fitted(0)(seen(0)[:, :FEATURES])

    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-3)
    large = inputs[:, FEATURES // 2 :].std(axis=0)
    assert large.max() / large.min() < 1.5


def test_a_feature_that_never_varies_says_nothing() -> None:
    """And is no division by zero: in pictures of one colour no feature varies."""
    still = np.tile(seen(DESCRIPTOR)[:1], (FACES, 1))

    embedding = Embedding.fitted_to(still, np.ones(FACES, np.float32), DESCRIPTOR)

    inputs = embedding(seen(DESCRIPTOR)[:1])
    assert np.isfinite(inputs).all()


def test_a_face_without_weight_changes_nothing() -> None:
    """One with weight 2 counts as two faces."""
    faces = seen(DESCRIPTOR, 20)
    outlier = np.full((1, FEATURES + DESCRIPTOR), 1000, np.float32)
    weights = np.ones(20, np.float32)

    expected = Embedding.fitted_to(np.vstack([faces, faces[:3]]), np.ones(23, np.float32), DESCRIPTOR)
    found = Embedding.fitted_to(
        np.vstack([faces, outlier]), np.concatenate([weights + (np.arange(20) < 3), [0]]).astype(np.float32), DESCRIPTOR
    )

    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-4)
    np.testing.assert_allclose(found.scale, expected.scale, rtol=1e-2)
    np.testing.assert_allclose(found.centre, expected.centre, atol=1e-5)


@with_and_without
def test_no_faces_have_no_inputs(descriptor: int) -> None:
    """Of the same length."""
    assert fitted(descriptor)(seen(descriptor, 0)).shape == (0, FEATURES + descriptor)

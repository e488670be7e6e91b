"""Least squares in its dual form, against what it must equal."""

import numpy as np
import pytest

from services.trainer.least_squares import SHRINKAGE, balanced_weights, solve


def test_every_class_weighs_the_same_and_the_mean_is_one() -> None:
    """Nine samples of one class, three of the other."""
    labels = np.repeat([0, 1], [9, 3])

    weights = balanced_weights(labels, np.ones(12, np.float32))

    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum())
    assert weights.mean() == pytest.approx(1)


def test_what_weighs_more_still_does_within_its_class() -> None:
    """A stranger who was marked counts four times as much as another."""
    weights = balanced_weights(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 4], np.float32))

    assert weights[3] == pytest.approx(4 * weights[2])
    assert weights[:2].sum() == pytest.approx(weights[2:].sum())


def test_the_dual_solution_is_the_primal_one() -> None:
    """With more samples than features both can be had: the samples, summed by their shares, are what ridge finds."""
    random = np.random.default_rng(0)
    inputs, labels = random.normal(size=(60, 5)).astype(np.float32), random.integers(0, 3, 60)
    weights = balanced_weights(labels, np.ones(60, np.float32))

    shares, biases = solve(inputs @ inputs.T, labels, weights, 3)

    targets = np.eye(3)[labels] - biases
    weighted = inputs.T * weights
    primal = np.linalg.solve(weighted @ inputs + SHRINKAGE * np.eye(5), weighted @ targets)
    np.testing.assert_allclose(inputs.T @ shares, primal, atol=1e-3)


def test_with_more_features_than_samples_every_sample_is_met() -> None:
    """Shrinkage keeps the scores a little short of 1 and 0."""
    random = np.random.default_rng(0)
    inputs = (random.normal(size=(20, 2000)) / 2000**0.5).astype(np.float32)
    labels = np.repeat(np.arange(4), 5)

    shares, biases = solve(inputs @ inputs.T, labels, np.ones(20, np.float32), 4)
    scores = inputs @ inputs.T @ shares + biases

    np.testing.assert_allclose(scores, np.eye(4)[labels], atol=0.2)
    assert (scores.argmax(axis=1) == labels).all()

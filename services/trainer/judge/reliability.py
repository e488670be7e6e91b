"""Reliability: whether a confidence means what it says, the share of answers that are right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.samples import Labels

BINS = 15

Confidences = NDArray[np.floating]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """How confident answers were, and how many of them were right, in `BINS` bins of equal width.

    All are `(BINS,)`: the mean confidence of a bin's answers, the share of them that was right, and the bin's share of
    all the weight. Of a bin without answers all three are 0.
    """

    confidence: Shares
    right: Shares
    weight: Shares

    @property
    def error(self) -> float:
        """The expected calibration error: how far confidence is from the share that is right, on average over answers.

        Equation 3 of Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017, arXiv:1706.04599); there,
        all answers weigh the same.
        """
        return min(1.0, float((self.weight * np.abs(self.right - self.confidence)).sum()))


def reliability(confidences: Confidences, right: Flags, weights: Shares) -> Reliability:
    """Put answers into bins by their confidence, 0..1; all are `(n,)`, at least one of the weights is not 0."""
    bins = np.clip(np.ceil(confidences * BINS) - 1, 0, BINS - 1).astype(np.int64)
    weight, confident, hits = (
        np.bincount(bins, weights * values, BINS) for values in (np.ones(len(bins)), confidences.astype(float), right)
    )
    divisor = np.where(weight > 0, weight, 1)
    return Reliability(confident / divisor, hits / divisor, weight / weights.sum())


def reliability_of(known: NDArray[np.float32], labels: Labels, of_strangers: NDArray[np.float32]) -> Reliability | None:
    """Judge the confidence in the likeliest person of known faces, `(n, people)`, and of strangers, `(m, people)`.

    Known faces have half of the weight and strangers the other half, however many of each there are; without strangers
    known faces have all of it, and without known faces, `labels` `(n,)`, nothing can be said. A stranger's name is
    never right.
    """
    if not len(labels):
        return None
    faces, strangers = len(labels), len(of_strangers)
    weights = np.concatenate([np.full(faces, 1 / faces), np.full(strangers, 1 / max(strangers, 1))])
    right = np.concatenate([known.argmax(axis=1) == labels, np.zeros(strangers, np.bool_)])
    return reliability(np.concatenate([known, of_strangers]).max(axis=1), right, weights)

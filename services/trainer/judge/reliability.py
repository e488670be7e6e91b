"""Reliability: whether a confidence means what it says, the share of answers that are right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import Labels

BINS = 15

Confidences = NDArray[np.floating]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """Reliability diagram: confidence and accuracy of answers in `BINS` bins of equal width.

    All are `(BINS,)`: the mean confidence of a bin's answers, the share of them that is right, and the bin's share of
    the total weight. In an empty bin all three are 0.
    """

    confidence: Shares
    right: Shares
    weight: Shares

    @property
    def error(self) -> float:
        """Expected calibration error: the mean difference between confidence and the share that is right.

        Equation 3 of Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017, arXiv:1706.04599); there, all
        answers weigh the same.
        """
        return min(1.0, float((self.weight * np.abs(self.right - self.confidence)).sum()))


def reliability(confidences: Confidences, right: Flags, weights: Shares) -> Reliability:
    """Bin answers by their confidence, 0..1; all are `(n,)`, and at least one weight is not 0."""
    bins = np.clip(np.ceil(confidences * BINS) - 1, 0, BINS - 1).astype(np.int64)
    weight, confident, hits = (
        np.bincount(bins, weights * values, BINS) for values in (np.ones(len(bins)), confidences.astype(float), right)
    )
    divisor = np.where(weight > 0, weight, 1)
    return Reliability(confident / divisor, hits / divisor, weight / weights.sum())


def reliability_of(known: NDArray[np.float32], labels: Labels, of_strangers: NDArray[np.float32]) -> Reliability | None:
    """Return the reliability of the top confidences of known faces, `(n, people)`, and strangers, `(m, people)`.

    Known faces and strangers have half of the weight each, however many there are; without strangers, known faces have
    all of it, and without known faces, `labels` `(n,)`, the result is None. A stranger's name is never right.
    """
    if not len(labels):
        return None
    faces, strangers = len(labels), len(of_strangers)
    weights = np.concatenate([np.full(faces, 1 / faces), np.full(strangers, 1 / max(strangers, 1))])
    right = np.concatenate([known.argmax(axis=1) == labels, np.zeros(strangers, np.bool_)])
    return reliability(np.concatenate([known, of_strangers]).max(axis=1), right, weights)

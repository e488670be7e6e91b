"""Evaluation: from which confidence on a name counts, and how good the names then are."""

import numpy as np
from numpy.typing import NDArray

from services.trainer.training_samples import Labels
from shared.manifest import Metrics

MISSED_SHARE = 0.01
# Below it, somebody else may be as likely.
LOWEST_THRESHOLD = 0.5

Probabilities = NDArray[np.float32]


def calibrate_threshold(probabilities: Probabilities, labels: Labels) -> float:
    """Choose the confidence below which a face is unknown, from validation samples.

    `MISSED_SHARE` of the samples are less sure of their own person than a certain confidence. The threshold lies
    half way from `LOWEST_THRESHOLD` to that: validation samples were captured right after those that were
    learned from, and faces of another day are answered less surely. `probabilities` is `(n, people)`, `labels`
    is `(n,)`; n is at least 1.
    """
    own = probabilities[np.arange(len(labels)), labels]
    sure = max(float(np.quantile(own, MISSED_SHARE)), LOWEST_THRESHOLD)
    return (LOWEST_THRESHOLD + sure) / 2


def evaluate(probabilities: Probabilities, labels: Labels, threshold: float) -> Metrics:
    """Measure answers, `(n, people)`, against the truth, `(n,)`; without samples the shares are None."""
    people = probabilities.shape[1]
    likeliest = probabilities.argmax(axis=1)
    named = probabilities.max(axis=1) >= threshold
    right = likeliest == labels
    confusion = np.zeros((people, people), np.int64)
    np.add.at(confusion, (labels, likeliest), 1)
    return Metrics(
        test_samples=len(labels),
        accuracy=_share(right),
        recall=_share(right & named),
        false_names=_share(~right & named),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )


def recall_by_person(probabilities: Probabilities, labels: Labels, threshold: float) -> tuple[float | None, ...]:
    """Return the share of each person's samples that got the right name; None for people without samples."""
    named_right = (probabilities.argmax(axis=1) == labels) & (probabilities.max(axis=1) >= threshold)
    return tuple(_share(named_right[labels == person]) for person in range(probabilities.shape[1]))


def _share(hits: NDArray[np.bool_]) -> float | None:
    return float(hits.mean()) if hits.size else None

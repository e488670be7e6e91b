"""Evaluation: how accurate a version's names are."""

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import Labels
from familiar.services.trainer.judge.reliability import reliability_of
from familiar.shared.contract.manifest import Metrics

Probabilities = NDArray[np.float32]


def evaluate(probabilities: Probabilities, labels: Labels, of_strangers: Probabilities, threshold: float) -> Metrics:
    """Return metrics of answers, `(n, people)`, to labels, `(n,)`, and of answers to strangers, `(m, people)`.

    Shares are None without samples or strangers.
    """
    people = probabilities.shape[1]
    likeliest = probabilities.argmax(axis=1)
    named = probabilities.max(axis=1) >= threshold
    right = likeliest == labels
    confusion = np.zeros((people, people), np.int64)
    np.add.at(confusion, (labels, likeliest), 1)
    reliability = reliability_of(probabilities, labels, of_strangers)
    return Metrics(
        test_samples=len(labels),
        accuracy=_share(right),
        recall=_share(right & named),
        false_names=_share(~right & named),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        strangers=len(of_strangers),
        strangers_named=_share(of_strangers.max(axis=1, initial=0) >= threshold),
        calibration_error=None if reliability is None else reliability.error,
    )


def recall_by_person(probabilities: Probabilities, labels: Labels, threshold: float) -> tuple[float | None, ...]:
    """Return the share of each person's samples that got the right name; None for people without samples."""
    named_right = (probabilities.argmax(axis=1) == labels) & (probabilities.max(axis=1) >= threshold)
    return tuple(_share(named_right[labels == person]) for person in range(probabilities.shape[1]))


def _share(hits: NDArray[np.bool_]) -> float | None:
    return float(hits.mean()) if hits.size else None

"""The facts that a version's report is written from: samples, answers and metrics of one training."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import Labels
from familiar.services.trainer.judge.evaluate import Probabilities
from familiar.services.trainer.judge.mixed_people import Descriptors
from familiar.services.trainer.judge.reliability import Reliability, reliability_of
from familiar.shared.contract.messages import Epoch
from familiar.shared.vision.images import Image

UNKNOWN = -1


@dataclass(frozen=True)
class ReportPerson:
    """Person that the version knows, with sample counts.

    `sessions` and `days` count those of the samples to learn from.
    """

    slug: str
    name: str
    train_samples: int
    test_samples: int
    sessions: int
    days: int


@dataclass(frozen=True)
class TrainDescriptors:
    """Face descriptors of the samples that were learned from, with labels and images.

    `descriptors` is `(n, d)` (see `descriptor.build_descriptor`), not normalised; `labels`, `(n,)`, and `images`, RGB
    `uint8` `(n, side, side, 3)`, belong to them. Everybody has at least one.
    """

    descriptors: Descriptors
    labels: Labels
    images: Image


@dataclass(frozen=True)
class ReportFacts:
    """Everything that a report tells, of at least one person and one epoch.

    Labels are indices into `people`, which is the order of the network's outputs.

    `test_probabilities` is `(n, people)` and belongs to `test_labels`, `(n,)`, and `test_images`, RGB `uint8` `(n,
    side, side, 3)`. `stranger_probabilities`, `(m, people)`, and `stranger_images`, `(m, side, side, 3)`, are of
    held-out strangers; n and m may be 0. A row need not add up to 1: the rest is the strangers'. `stranger_faces`
    counts all strangers that were read, by source. `created_at` is UTC. `shown_samples`, `(k, side, side, 3)`,
    are a train sample of each of a few people, at least one. `train_descriptors` is None where the network has no face
    descriptor. `calibration_notes` are sentences on what of the threshold could not be estimated.
    """

    people: tuple[ReportPerson, ...]
    history: tuple[Epoch, ...]
    threshold: float
    test_probabilities: Probabilities
    test_labels: Labels
    test_images: Image
    stranger_probabilities: Probabilities
    stranger_images: Image
    stranger_faces: Mapping[str, int]
    training_seconds: float
    created_at: datetime
    shown_samples: Image
    train_descriptors: TrainDescriptors | None = None
    calibration_notes: tuple[str, ...] = ()

    def test_answers(self) -> Labels:
        """Return whom each test sample was taken for, `(n,)`; `UNKNOWN` below the threshold."""
        return _answers(self.test_probabilities, self.threshold)

    def stranger_answers(self) -> Labels:
        """Return whom each stranger was taken for, `(m,)`; `UNKNOWN` below the threshold, as it should be."""
        return _answers(self.stranger_probabilities, self.threshold)

    def test_confidences(self) -> NDArray[np.float32]:
        """Return the confidence in the likeliest person for each test sample, `(n,)`."""
        return _confidences(self.test_probabilities)

    def stranger_confidences(self) -> NDArray[np.float32]:
        """Return the confidence in the likeliest person for each stranger, `(m,)`."""
        return _confidences(self.stranger_probabilities)

    def reliability(self) -> Reliability | None:
        """Return how far confidence can be trusted; None without test samples."""
        return reliability_of(self.test_probabilities, self.test_labels, self.stranger_probabilities)


def _answers(probabilities: Probabilities, threshold: float) -> Labels:
    if not len(probabilities):
        return np.empty(0, np.int64)
    return np.where(probabilities.max(axis=1) >= threshold, probabilities.argmax(axis=1), UNKNOWN).astype(np.int64)


def _confidences(probabilities: Probabilities) -> NDArray[np.float32]:
    confidences: NDArray[np.float32] = probabilities.max(axis=1, initial=0.0)
    return confidences

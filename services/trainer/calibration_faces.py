"""Which faces a version is calibrated by: those that some network was asked about without having learned from them."""

import itertools
from collections.abc import Sequence

import numpy as np

from services.trainer.calibrate import Asked, Calibration, calibrate
from services.trainer.examples import Examples
from services.trainer.fit import Fitted
from services.trainer.folds import Flags, Folds
from services.trainer.training_samples import TrainingSamples
from shared.messages import TrainingOptions

NO_STRANGERS = (
    "There were no strangers to calibrate by: how many of them will get a name could not be estimated. "
    "`familiar background fetch` brings some."
)
NOBODY_LEFT_OUT = (
    "Too few people are enrolled to leave one out, who would be a stranger before the same camera: strangers who stand "
    "there may get a name more often than portraits of strangers do."
)
ONE_DAY = (
    "Nobody was enrolled on a second day: how another day looks was estimated by relighting and blurring these "
    "samples. Samples of another day show it."
)


def calibrate_network(fitted: Fitted, samples: TrainingSamples, folds: Folds, options: TrainingOptions) -> Calibration:
    """Ask the networks of the folds about what they did not learn from, and calibrate by their answers."""
    people = len(samples.people)
    taken = fitted.as_taken
    of_people = taken.labels < people
    known = _ask(fitted, _those(taken, of_people), folds.held_back)
    left_out = _ask(fitted, _those(taken, of_people), folds.left_out)
    portraits = _ask(fitted, _those(taken, ~of_people), folds.held_back)
    notes = [NO_STRANGERS] if not len(portraits.labels) else []
    if not len(left_out.labels):
        notes.append(NOBODY_LEFT_OUT)
    if not (samples.days > 1).any():
        notes.append(ONE_DAY)
    another_day = _ask(fitted, fitted.another_day, folds.held_back)
    return calibrate(known, another_day, (portraits, left_out), options.false_names, notes)


def _those(examples: Examples, chosen: Flags) -> Examples:
    return Examples(
        examples.features[chosen], examples.labels[chosen], examples.weights[chosen], examples.origins[chosen]
    )


def _ask(fitted: Fitted, examples: Examples, asked: Flags) -> Asked:
    """Ask each fold's network about those examples that `asked`, `(origins, folds)`, names for it."""
    parts = []
    for number, own in enumerate(asked[examples.origins].T, start=1):
        kernel, bias = fitted.kernel[:, number], fitted.bias[number]
        parts.append((examples.features[own] @ kernel + bias, examples.labels[own]))
    logits, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Asked(logits, labels, [length for _, own in parts for length in _runs(own, fitted)])


def _runs(labels: Sequence[int] | np.ndarray, fitted: Fitted) -> list[int]:
    """Give the lengths of runs of one person's faces; every stranger is a run of their own."""
    nobody = fitted.bias.shape[1] - 1
    runs: list[int] = []
    for label, run in itertools.groupby(np.asarray(labels).tolist()):
        length = len(list(run))
        runs += [1] * length if label == nobody else [length]
    return runs

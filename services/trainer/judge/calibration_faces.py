"""Calibration set: faces that some fold's network was not trained on."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from familiar.services.trainer.data.folds import Flags, Folds
from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.services.trainer.judge.calibrate import Asked, Calibration, calibrate
from familiar.services.trainer.network.examples import Examples
from familiar.services.trainer.network.fit import Fitted
from familiar.shared.contract.messages import TrainingOptions

NO_STRANGERS = (
    "There were no strangers to calibrate by: how many of them will get a name could not be estimated. "
    "`familiar strangers fetch` brings some."
)
FEW_STRANGERS = (
    "Strangers to calibrate by were too few: {count}. From {needed} on it can be told whether a share of "
    "{share:g} % of them gets a name. `familiar strangers fetch` brings some."
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
    """Calibrate by the answers of the folds' networks to faces that they were not trained on."""
    people = len(samples.people)
    taken = fitted.as_taken
    of_people = taken.labels < people
    known = _ask(fitted, _those(taken, of_people), folds.held_back)
    left_out = _ask(fitted, _those(taken, of_people), folds.left_out)
    portraits = _ask(fitted, _those(taken, ~of_people), folds.held_back)
    another_day = _ask(fitted, fitted.another_day, folds.held_back)
    notes = [
        *_lack_of_strangers(len(portraits.labels), options.false_names),
        *([] if len(left_out.labels) else [NOBODY_LEFT_OUT]),
        *([] if (samples.days > 1).any() else [ONE_DAY]),
    ]
    return calibrate(known, another_day, (portraits, left_out), options.false_names, notes)


def _lack_of_strangers(count: int, false_names: float) -> list[str]:
    needed = math.ceil(1 / false_names)
    if not count:
        return [NO_STRANGERS]
    if count < needed:
        return [FEW_STRANGERS.format(count=count, needed=needed, share=100 * false_names)]
    return []


def _those(examples: Examples, chosen: Flags) -> Examples:
    return Examples(
        examples.features[chosen], examples.labels[chosen], examples.weights[chosen], examples.origins[chosen]
    )


def _ask(fitted: Fitted, examples: Examples, asked: Flags) -> Asked:
    """Return the logits of each fold's network for the examples that `asked`, `(origins, folds)`, selects for it."""
    parts = []
    for number, own in enumerate(asked[examples.origins].T, start=1):
        kernel, bias = fitted.kernel[:, number], fitted.bias[number]
        parts.append((examples.features[own] @ kernel + bias, examples.labels[own]))
    logits, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Asked(logits, labels, [length for _, own in parts for length in _runs(own, fitted)])


def _runs(labels: Sequence[int] | np.ndarray, fitted: Fitted) -> list[int]:
    """Return the lengths of runs of one person's faces; every stranger is a run of their own."""
    nobody = fitted.bias.shape[1] - 1
    runs: list[int] = []
    for label, run in itertools.groupby(np.asarray(labels).tolist()):
        length = len(list(run))
        runs += [1] * length if label == nobody else [length]
    return runs

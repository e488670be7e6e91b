"""Calibration: from logits to confidences that are probabilities, with a name where somebody is likelier than not.

The logits are sharpened, and how likely it is nobody is raised or lowered, until a face at even odds stands where it
should: above the share of strangers that may get a name, and part of the way from there to the known faces. Strangers
and known faces are those that a network was asked about without having learned from them (`services.trainer.folds`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluate import Probabilities
from services.trainer.training_samples import Labels

# At even odds a name counts.
THRESHOLD = 0.5
# The inverse of a temperature: few small steps leave logits small, and confidences too modest. More of it ranks
# strangers worse among many people; docs/LOG.md has both.
SHARPNESS = 4.0
# How far from the strangers towards the known faces: the stranger to come may look more like somebody than those did
# who were there to calibrate by. docs/LOG.md has other ways.
WAY_TO_KNOWN = 0.5
# ... but no farther than where so many of the known faces would be missed.
MISSED_SHARE = 0.06
# A track is judged by the mean of so many confidences at the most; below the least threshold two may be as likely.
TRACK_FACES = 10
LEAST_TRACK_THRESHOLD = 0.4
_MOST_BIAS = 100.0
_HALVINGS = 40
_LEAST_ODDS = 1e-6

# `(n, classes)`, the last class is nobody.
Logits = NDArray[np.float32]
# A track's faces follow each other: how many each track has.
Lengths = Sequence[int]


@dataclass(frozen=True)
class Asked:
    """Logits of faces from which the network that was asked did not learn, in tracks, and whose they are.

    `tracks` says how many consecutive ones are of one track. The label of a stranger is the number of people.
    """

    logits: Logits
    labels: Labels
    tracks: Lengths


@dataclass(frozen=True)
class Calibration:
    """What was chosen: `nobody` is added to the sharpened logit of nobody; notes say what could not be estimated."""

    nobody: float
    threshold: float
    track_threshold: float
    notes: tuple[str, ...]

    def probabilities(self, logits: Logits) -> Probabilities:
        """Turn logits, `(n, classes)`, into the probabilities of the people, `(n, people)`; n may be 0."""
        return _probabilities(logits, self.nobody)

    def fold(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Fold it into the weights of the logits, `(inputs, classes)` and `(classes,)`."""
        sharpened = SHARPNESS * bias
        sharpened[-1] += self.nobody
        return [SHARPNESS * kernel, sharpened.astype(np.float32)]


def calibrate(
    known: Asked, another_day: Asked, strangers: Sequence[Asked], false_names: float, notes: Sequence[str] = ()
) -> Calibration:
    """Choose how likely it is nobody, so that at most `false_names` of any kind of strangers are named at even odds.

    `known` are faces of people as they were taken, `another_day` the same as another day might show them. Each of
    `strangers` is a kind: portraits, people who were left out. Where there are none, pairs of known people are
    blended to stand for strangers. A track's threshold is chosen in the same way, on means over tracks.
    """
    notes = tuple(notes)
    kinds = [kind for kind in strangers if len(kind.labels)]
    if not kinds:
        kinds = [_blends(known)]

    def level(nobody: float) -> float:
        reached = _reached_by_strangers([_best(kind, nobody) for kind in kinds], false_names)
        return _between(reached, _own(another_day, nobody), _own(known, nobody))

    lowest, highest = -_MOST_BIAS, _MOST_BIAS
    for _ in range(_HALVINGS):
        middle = (lowest + highest) / 2
        lowest, highest = (middle, highest) if level(middle) > 0 else (lowest, middle)
    nobody = highest
    reached = _reached_by_strangers([_best_of_tracks(kind, nobody) for kind in kinds], false_names)
    of_known = _own_of_tracks(known, nobody)
    chosen = _between(reached, of_known, of_known)
    track_threshold = float(1 / (1 + np.exp(-chosen)))
    return Calibration(nobody, THRESHOLD, float(np.clip(track_threshold, LEAST_TRACK_THRESHOLD, THRESHOLD)), notes)


def _probabilities(logits: Logits, nobody: float) -> Probabilities:
    sharpened = SHARPNESS * logits.astype(np.float64)
    sharpened[:, -1] += nobody
    exponents = np.exp(sharpened - sharpened.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray((exponents / exponents.sum(axis=1, keepdims=True))[:, :-1], np.float32)


def _log_odds(logits: Logits, nobody: float) -> NDArray[np.float64]:
    """Give the log-odds of each person, `(n, people)`, without rounding where somebody is all but certain."""
    sharpened = SHARPNESS * logits.astype(np.float64)
    sharpened[:, -1] += nobody
    likelihoods = sharpened - np.logaddexp.reduce(sharpened, axis=1, keepdims=True)
    others = np.log(-np.expm1(np.minimum(likelihoods, -1e-12)))
    return np.asarray((likelihoods - others)[:, :-1])


def _best(asked: Asked, nobody: float) -> NDArray[np.float64]:
    return np.asarray(_log_odds(asked.logits, nobody).max(axis=1))


def _own(asked: Asked, nobody: float) -> NDArray[np.float64]:
    return np.asarray(_log_odds(asked.logits, nobody)[np.arange(len(asked.labels)), asked.labels])


def _best_of_tracks(asked: Asked, nobody: float) -> NDArray[np.float64]:
    return _odds_of(_means(_probabilities(asked.logits, nobody), asked.tracks).max(axis=1))


def _own_of_tracks(asked: Asked, nobody: float) -> NDArray[np.float64]:
    own = _probabilities(asked.logits, nobody)[np.arange(len(asked.labels)), asked.labels]
    return _odds_of(_means(own[:, np.newaxis], asked.tracks)[:, 0])


def _means(values: NDArray[np.float32], tracks: Lengths) -> NDArray[np.float32]:
    """Average the values, `(n, k)`, over runs of at most `TRACK_FACES` of each track, `(runs, k)`."""
    lengths = [min(TRACK_FACES, faces - start) for faces in tracks for start in range(0, faces, TRACK_FACES)]
    starts = np.cumsum([0, *lengths[:-1]])
    return np.asarray(np.add.reduceat(values, starts, axis=0) / np.array(lengths, np.float32)[:, np.newaxis])


def _odds_of(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    bounded = np.clip(probabilities.astype(np.float64), _LEAST_ODDS, 1 - _LEAST_ODDS)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _reached_by_strangers(kinds: Sequence[NDArray[np.float64]], false_names: float) -> float:
    """Give the log-odds that about a share of each kind of strangers reaches, or fewer."""
    return max(float(np.quantile(kind, 1 - false_names)) for kind in kinds)


def _between(reached: float, another_day: NDArray[np.float64], known: NDArray[np.float64]) -> float:
    """Go from what strangers reach towards known faces of another day, as far as most known faces go along."""
    chosen = reached + WAY_TO_KNOWN * (float(np.median(another_day)) - reached)
    return max(reached, min(chosen, float(np.quantile(known, MISSED_SHARE))))


def _blends(known: Asked) -> Asked:
    """Blend every face with one of somebody else, half and half: linear layers answer with the mean of their logits.

    Where there is nobody else, with one that says nothing.
    """
    people = known.logits.shape[1] - 1
    random = np.random.default_rng(0)
    logits = known.logits / 2
    for place, label in enumerate(known.labels):
        others = np.flatnonzero(known.labels != label)
        if others.size:
            logits[place] += known.logits[random.choice(others)] / 2
    return Asked(np.asarray(logits, np.float32), np.full(len(logits), people), [1] * len(logits))

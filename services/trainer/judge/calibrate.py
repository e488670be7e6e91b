"""Calibration: from logits to confidences that are probabilities, with a name where somebody is likelier than not.

A person's score is their own logit, less a part of nobody's. The score with even odds is put above the share of
strangers that may get a name, and part of the way from there to the known faces. Both are faces that the network in
question was not trained on (`familiar.services.trainer.data.folds`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import Labels
from familiar.services.trainer.judge.evaluate import Probabilities

# A name counts from even odds on.
THRESHOLD = 0.5
# The strangers that were learned stood before other cameras: being unlike them is weaker evidence than being like the
# person. docs/LOG.md has other parts, and what each of these numbers was chosen by.
NOBODYS_PART = 1 / 3
# Inverse temperature: few small steps leave logits small, and confidences too low.
SHARPNESS = 8.0
# How far from strangers towards known faces: future strangers may resemble somebody more than those calibrated by.
WAY_TO_KNOWN = 0.6
# ... but no farther than where this share of the known faces would be missed.
MISSED_SHARE = 0.04
# A track is judged by the mean of at most this many confidences; below the least threshold two people may be as likely.
TRACK_FACES = 10
LEAST_TRACK_THRESHOLD = 0.4
_LEAST_ODDS = 1e-6

# `(n, classes)`; the last class is nobody.
Logits = NDArray[np.float32]
# Number of faces in each track, which are consecutive.
Lengths = Sequence[int]


@dataclass(frozen=True)
class Asked:
    """Logits of faces that the network was not trained on, in tracks, with labels.

    `tracks` says how many consecutive ones are of one track. The label of a stranger is the number of people.
    """

    logits: Logits
    labels: Labels
    tracks: Lengths


@dataclass(frozen=True)
class Calibration:
    """Parameters of a calibration: at the score `even_odds` a name is as likely as not.

    `notes` say what could not be estimated.
    """

    even_odds: float
    threshold: float
    track_threshold: float
    notes: tuple[str, ...]

    def probabilities(self, logits: Logits) -> Probabilities:
        """Return the probabilities of the people, `(n, people)`, for logits, `(n, classes)`; n may be 0."""
        weighed = logits.astype(np.float64) * _weights(logits.shape[1])
        weighed[:, -1] += SHARPNESS * self.even_odds
        exponents = np.exp(weighed - weighed.max(axis=1, keepdims=True, initial=-np.inf))
        return np.asarray((exponents / exponents.sum(axis=1, keepdims=True))[:, :-1], np.float32)

    def fold(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Fold this into the dense layer of the logits, `(inputs, classes)` and `(classes,)`."""
        weights = _weights(len(bias))
        weighed = bias * weights
        weighed[-1] += SHARPNESS * self.even_odds
        return [(kernel * weights).astype(np.float32), weighed.astype(np.float32)]


def calibrate(
    known: Asked, another_day: Asked, strangers: Sequence[Asked], false_names: float, notes: Sequence[str] = ()
) -> Calibration:
    """Choose the score of even odds, so that at most `false_names` of any kind of strangers are named.

    `known` are faces of people as taken, `another_day` the same augmented as if from another day. Each of `strangers`
    is a kind: portraits, people who were left out. Without any, blends of two known people stand in for strangers. The
    threshold of tracks is chosen in the same way, on means over tracks.
    """
    kinds = [kind for kind in strangers if len(kind.labels)]
    if not kinds:
        kinds = [_blends(known)]
    reached = _reached_by_strangers([_scores(kind.logits).max(axis=1) for kind in kinds], false_names)
    even_odds = _between(reached, _own(_scores(another_day.logits), another_day), _own(_scores(known.logits), known))
    by_face = Calibration(even_odds, THRESHOLD, THRESHOLD, tuple(notes))
    return replace(by_face, track_threshold=_track_threshold(by_face, known, kinds, false_names))


def _track_threshold(by_face: Calibration, known: Asked, kinds: Sequence[Asked], false_names: float) -> float:
    means = [_means(by_face.probabilities(kind.logits), kind.tracks).max(axis=1) for kind in kinds]
    reached = _reached_by_strangers([_odds_of(own) for own in means], false_names)
    of_known = _own(by_face.probabilities(known.logits), known)
    of_tracks = _odds_of(_means(of_known[:, np.newaxis], known.tracks)[:, 0])
    chosen = 1 / (1 + np.exp(-_between(reached, of_tracks, of_tracks)))
    return float(np.clip(chosen, LEAST_TRACK_THRESHOLD, THRESHOLD))


def _weights(classes: int) -> NDArray[np.float64]:
    """Return the factors of the logits, `(classes,)`."""
    return SHARPNESS * np.append(np.ones(classes - 1), NOBODYS_PART)


def _scores(logits: Logits) -> NDArray[np.float64]:
    """Return each person's score, `(n, people)`."""
    return np.asarray(logits[:, :-1].astype(np.float64) - NOBODYS_PART * logits[:, -1:])


def _own(values: NDArray[np.floating], asked: Asked) -> NDArray[np.floating]:
    """Return those of values, `(n, people)`, that belong to each face's own person, `(n,)`."""
    return values[np.arange(len(asked.labels)), asked.labels]


def _means(values: NDArray[np.float32], tracks: Lengths) -> NDArray[np.float32]:
    """Average the values, `(n, k)`, over runs of at most `TRACK_FACES` of each track, `(runs, k)`."""
    lengths = [min(TRACK_FACES, faces - start) for faces in tracks for start in range(0, faces, TRACK_FACES)]
    starts = np.cumsum([0, *lengths[:-1]])
    return np.asarray(np.add.reduceat(values, starts, axis=0) / np.array(lengths, np.float32)[:, np.newaxis])


def _odds_of(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    bounded = np.clip(probabilities.astype(np.float64), _LEAST_ODDS, 1 - _LEAST_ODDS)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _reached_by_strangers(kinds: Sequence[NDArray[np.float64]], false_names: float) -> float:
    """Return the score that at most about `false_names` of each kind of strangers reach."""
    return max(float(np.quantile(kind, 1 - false_names)) for kind in kinds)


def _between(reached: float, another_day: NDArray[np.floating], known: NDArray[np.floating]) -> float:
    """Move from the strangers' score towards known faces of another day, as far as most known faces permit."""
    chosen = reached + WAY_TO_KNOWN * (float(np.median(another_day)) - reached)
    return max(reached, min(chosen, float(np.quantile(known, MISSED_SHARE))))


def _blends(known: Asked) -> Asked:
    """Average the logits of every face and one of somebody else: for linear layers, those of a blend of both.

    Without anybody else, the other one's are zero.
    """
    people = known.logits.shape[1] - 1
    random = np.random.default_rng(0)
    logits = known.logits / 2
    for place, label in enumerate(known.labels):
        others = np.flatnonzero(known.labels != label)
        if others.size:
            logits[place] += known.logits[random.choice(others)] / 2
    return Asked(np.asarray(logits, np.float32), np.full(len(logits), people), [1] * len(logits))

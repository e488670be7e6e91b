"""Folds: networks trained beside the served one, each without some of the faces, which it is then evaluated on.

A network's answers to faces it was trained on do not generalise. So every person is left out of one fold, where they
stand in for strangers before the same cameras; of the others, and of the strangers, each fold holds something back: a
whole session where somebody has several, else a stretch of time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import TrainingSamples

FOLDS = 5
# Where one session has a larger share of somebody's samples, as beside a correction or two, too little would be left to
# learn from without it, so stretches of time are held back.
LARGEST_SESSION = 2 / 3

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Folds:
    """Masks of which faces take part in which fold, `(n, folds)`: train samples first, then strangers.

    `left_out` are faces of people whom the fold's network does not know, `held_back` those of people whom it knows, and
    of strangers, that it is not trained on. `absent`, `(folds, classes)`, are the classes that its network does not
    know.
    """

    left_out: Flags
    held_back: Flags
    absent: Flags

    @property
    def learned(self) -> Flags:
        """What each network is trained on, `(n, 1 + folds)`: the served one, first, on everything."""
        everything = np.ones((len(self.held_back), 1), np.bool_)
        return np.hstack([everything, ~(self.left_out | self.held_back)])


def fold(samples: TrainingSamples) -> Folds:
    """Assign the train samples and the strangers to folds."""
    people, labels, strangers = len(samples.people), samples.train_labels, len(samples.strangers.train_images)
    count = len(labels) + strangers
    left_out, held_back = np.zeros((count, FOLDS), np.bool_), np.zeros((count, FOLDS), np.bool_)
    absent = np.zeros((FOLDS, people + 1), np.bool_)
    for label in range(people):
        own, missing = np.flatnonzero(labels == label), label % FOLDS
        # Over the folds that they are not left out of.
        blocks = (_blocks(samples.train_sessions[own]) % (FOLDS - 1) + missing + 1) % FOLDS
        if len(set(blocks.tolist())) > 1:
            held_back[own, blocks] = True
        leaving = len(range(missing, people, FOLDS))
        if people - leaving + bool(strangers) > 1 and people > leaving:
            held_back[own, missing] = False
            left_out[own, missing] = True
            absent[missing, label] = True
    # A single stranger is never held back: the network would have no such class.
    held_back[np.arange(len(labels), count), np.arange(strangers) % FOLDS] = strangers > 1
    return Folds(left_out, held_back, absent)


def _blocks(sessions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number what is held back together, `(n,)`, from 0: sessions, or stretches of time where one session dominates."""
    _, numbers = np.unique(sessions, return_inverse=True)
    if np.bincount(numbers).max() <= LARGEST_SESSION * len(sessions):
        return np.asarray(numbers, np.int64)
    stretches = FOLDS - 1
    return np.arange(len(sessions)) * stretches // max(stretches, len(sessions))

"""Leaving one out: how sure a network would be of each of its people, had they never been enrolled.

They stood before the same cameras in the same light, so they tell more about the strangers to come than
portraits from elsewhere do.
"""

import numpy as np
from numpy.typing import NDArray

from services.trainer.least_squares import balanced_weights, solve
from services.trainer.network import SHARPNESS, probabilities
from services.trainer.training_samples import Labels

FEWEST_PEOPLE = 3
# More samples sharpen nothing, and the time grows with their third power.
MOST_SAMPLES = 1200


def confidences_when_left_out(inputs: NDArray[np.float32], labels: Labels, people: int) -> NDArray[np.float32]:
    """Leave each person out in turn; answer how sure the others' network is that their faces are one of its people's.

    `inputs`, `(n, features)`, are what reaches the dense layer from train samples and strangers; `labels`, `(n,)`,
    are places of people, or `people` itself for strangers. The answer, `(m,)`, holds the highest probability for
    each face of a person; with fewer than `FEWEST_PEOPLE` people m is 0. The network is the one that training
    starts from, which takes milliseconds instead of ten epochs a person.
    """
    if people < FEWEST_PEOPLE:
        return np.empty(0, np.float32)
    chosen = np.linspace(0, len(labels) - 1, min(len(labels), MOST_SAMPLES)).astype(int)
    labels, inputs = labels[chosen], inputs[chosen]
    kernel = inputs @ inputs.T
    return np.concatenate([_leave_out(person, kernel, labels, people) for person in range(people)])


def _leave_out(person: int, kernel: NDArray[np.float32], labels: Labels, people: int) -> NDArray[np.float32]:
    rest = np.flatnonzero(labels != person)
    classes, targets = np.unique(labels[rest], return_inverse=True)
    weights = balanced_weights(targets, np.ones(len(targets), np.float32))
    shares, biases = solve(kernel[np.ix_(rest, rest)], targets, weights, len(classes))
    scores = kernel[np.ix_(labels == person, rest)] @ shares + biases
    known = int(np.count_nonzero(classes < people))
    highest: NDArray[np.float32] = probabilities(SHARPNESS * scores, known).max(axis=1, initial=0)
    return highest

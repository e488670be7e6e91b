"""Mixed people: whether samples under one name show somebody else, by their descriptors.

There are two tests. Is a sample clearly nearer to another person's samples than to its own person's? And do a person's
samples form two clusters that are as far apart as two people? The second finds people who are not enrolled, too.
Distances are those of `descriptor.build_descriptor`: means of one person's samples of two places or days are up to 0.35
apart, those of two people 0.4 to 0.8.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_samples import Labels

Descriptors = NDArray[np.float32]

# Distance between the means of two clusters from which on they are two people.
APART = 0.4
# Largest mean distance within the smaller cluster: crops without a face are far from each other, too.
ALIKE = 0.55
FEWEST_APART = 3
SHARE_APART = 0.1
# Largest distance from a sample to another person's mean, and how much nearer that must be than its own person's.
NEAR = 0.5
NEARER_BY = 0.1

_MOST_STARTS = 32
_MOST_ROUNDS = 30
_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class OddSamples:
    """Samples of a person that look like somebody else: like the person `like`, or, if None, like nobody known.

    `person` and `like` are labels. `places` are indices into all samples in question, clearest first; the person has
    `samples` in all.
    """

    person: int
    like: int | None
    places: tuple[int, ...]
    samples: int


def find_mixed(descriptors: Descriptors, labels: Labels, people: int) -> tuple[OddSamples, ...]:
    """Return samples that look like somebody else.

    `descriptors` are `(n, d)`, `labels` `(n,)`, of `people` people with at least one sample each. Where a person's
    samples are of two people, the smaller cluster is odd, unless the larger one looks like another person.
    """
    own = [np.flatnonzero(labels == person) for person in range(people)]
    groups = [_second_group(descriptors[places]) for places in own]
    centres = np.array([descriptors[places[~second]].mean(axis=0) for places, second in zip(own, groups, strict=True)])
    found: list[OddSamples] = []
    for person, (places, second) in enumerate(zip(own, groups, strict=True)):
        others = centres.copy()
        others[person] = np.inf
        found += _odd_samples(person, places, descriptors[places], second, others)
    return tuple(found)


def _odd_samples(
    person: int, places: Labels, descriptors: Descriptors, second: _Mask, others: Descriptors
) -> list[OddSamples]:
    """Return the odd ones of a person's samples, `(k, d)`; `others` are all centres, the own one infinitely far."""
    if second.any() and _is_like_another(descriptors[~second], others):
        second = ~second
    from_own = np.linalg.norm(descriptors - descriptors[~second].mean(axis=0), axis=1)
    from_others = _distances(descriptors, others)
    nearest, distance = from_others.argmin(axis=1), from_others.min(axis=1)
    is_near = (distance <= NEAR) & (from_own - distance >= NEARER_BY)
    clearest = np.argsort(distance - from_own, kind="stable")
    found = [
        OddSamples(person, int(like), _chosen(places, clearest, is_near & (nearest == like)), len(places))
        for like in np.unique(nearest[is_near])
    ]
    unknown = second & ~is_near
    if unknown.sum() >= FEWEST_APART:
        farthest = np.argsort(-from_own, kind="stable")
        found.append(OddSamples(person, None, _chosen(places, farthest, unknown), len(places)))
    return found


def _is_like_another(group: Descriptors, others: Descriptors) -> bool:
    return bool(_distances(group.mean(axis=0, keepdims=True), others).min() < APART)


def _chosen(places: Labels, order: Labels, mask: _Mask) -> tuple[int, ...]:
    return tuple(places[order[mask[order]]].tolist())


def _second_group(descriptors: Descriptors) -> _Mask:
    """Mask the samples, `(k,)`, of the smaller of two clusters that are as far apart as two people; none otherwise.

    Two-means from several starts, as a single one may find two days of a person and miss a few samples of somebody
    else: the clusters farthest apart count.
    """
    count = len(descriptors)
    best, farthest = np.zeros(count, np.bool_), APART
    for start in np.unique(np.linspace(0, count - 1, min(count, _MOST_STARTS)).astype(int)):
        second = _two_means(descriptors, (descriptors.mean(axis=0), descriptors[start]))
        if 2 * second.sum() > count:
            second = ~second
        if second.sum() < max(FEWEST_APART, SHARE_APART * count) or _spread(descriptors[second]) > ALIKE:
            continue
        apart = float(np.linalg.norm(descriptors[second].mean(axis=0) - descriptors[~second].mean(axis=0)))
        if apart >= farthest:
            best, farthest = second, apart
    return best


def _two_means(descriptors: Descriptors, centres: Sequence[Descriptors]) -> _Mask:
    """Split samples, `(k, d)`, into two clusters by Lloyd's algorithm, from these centres."""
    second = np.zeros(len(descriptors), np.bool_)
    for _ in range(_MOST_ROUNDS):
        distances = _distances(descriptors, np.array(centres))
        moved = distances[:, 1] < distances[:, 0]
        if moved.all() or not moved.any() or (moved == second).all():
            return moved
        second = moved
        centres = (descriptors[~second].mean(axis=0), descriptors[second].mean(axis=0))
    return second


def _spread(descriptors: Descriptors) -> float:
    """Return the mean distance between two different samples, of at least two."""
    count = len(descriptors)
    return float(_distances(descriptors, descriptors).sum() / (count * (count - 1)))


def _distances(ones: Descriptors, others: Descriptors) -> Descriptors:
    """Return the distances from `(n, d)` to `(m, d)`, `(n, m)`; infinite to what is infinitely far."""
    return np.stack([np.linalg.norm(ones - other, axis=1) for other in others], axis=1)

"""The arithmetic of recognition: tracks, shares, and how they vary over seeds and people."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRACK_LENGTH = 10

# Of some recipes they are other scores between 0 and 1, of which more is likelier.
Probabilities = NDArray[np.floating]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Count:
    """Of one training: so many of a person's faces, or tracks, were `hits`."""

    seed: int
    person: str
    hits: int
    total: int


@dataclass(frozen=True)
class Rate:
    """A share: its mean over the seeds, the worst seed's, and the worst person's over all seeds together.

    What is no share of anybody's faces has no worst person.
    """

    mean: float
    worst: float
    worst_person: str | None = None
    worst_person_share: float | None = None


def average_over_tracks(probabilities: Probabilities, sequences: Sequence[int]) -> Probabilities:
    """Average each track's probabilities: `(n, people)` in, `(tracks, people)` out.

    `sequences` holds how many of the n faces follow each other, sequence by sequence. A track is
    `TRACK_LENGTH` consecutive faces of one sequence; the last of a sequence may be shorter.
    """
    lengths = [min(TRACK_LENGTH, faces - start) for faces in sequences for start in range(0, faces, TRACK_LENGTH)]
    starts = np.cumsum([0, *lengths[:-1]])
    sums: Probabilities = np.add.reduceat(probabilities, starts, axis=0)
    return sums / np.array(lengths, np.float32)[:, np.newaxis]


def passing_confidence(confidences: Probabilities, percent: int) -> float:
    """Return the lowest confidence that at most so many percent of the confidences, `(n,)`, are above."""
    descending = np.sort(confidences)[::-1]
    return float(descending[len(descending) * percent // 100])


def summarise(
    counts: Iterable[Count], by_person: Iterable[Count], worst_of: Callable[[Iterable[float]], float]
) -> Rate:
    """Reduce counts to a rate; `worst_of` is `min` where high is good and `max` where it is bad.

    The share of a seed is of all its faces, whoever's they are. `by_person` are the counts by which the worst
    person is found.
    """
    seeds = _shares(counts, lambda count: count.seed)
    people = _shares(by_person, lambda count: count.person)
    worst = worst_of(people.values())
    person = next(name for name, share in people.items() if share == worst)
    return Rate(float(np.mean(list(seeds.values()))), worst_of(seeds.values()), str(person), worst)


def _shares(counts: Iterable[Count], group: Callable[[Count], Hashable]) -> dict[Hashable, float]:
    hits: dict[Hashable, int] = defaultdict(int)
    totals: dict[Hashable, int] = defaultdict(int)
    for count in counts:
        hits[group(count)] += count.hits
        totals[group(count)] += count.total
    return {key: hits[key] / total for key, total in totals.items()}

"""Averages over tracks, and rates with their variation over seeds and people."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TRACK_LENGTH = 10

# Some recipes have other scores between 0 and 1, where more is likelier.
Probabilities = NDArray[np.floating]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Count:
    """The number of hits among a person's faces or tracks in one training."""

    seed: int
    person: str
    hits: int
    total: int


@dataclass(frozen=True)
class Rate:
    """A rate: the mean over seeds, that of the worst seed, and that of the worst person over all seeds.

    Rates that are not per person have no worst person.
    """

    mean: float
    worst: float
    worst_person: str | None = None
    worst_person_share: float | None = None


def average_over_tracks(probabilities: Probabilities, sequences: Sequence[int]) -> Probabilities:
    """Average each track's probabilities: `(n, people)` in, `(tracks, people)` out.

    `sequences` holds the lengths of the sequences of consecutive faces. A track is `TRACK_LENGTH` consecutive faces of
    one sequence; the last one of a sequence may be shorter.
    """
    lengths = [min(TRACK_LENGTH, faces - start) for faces in sequences for start in range(0, faces, TRACK_LENGTH)]
    starts = np.cumsum([0, *lengths[:-1]])
    sums: Probabilities = np.add.reduceat(probabilities, starts, axis=0)
    return sums / np.array(lengths, np.float32)[:, np.newaxis]


def passing_confidence(confidences: Probabilities, percent: int) -> float:
    """Return the lowest of the confidences, `(n,)`, that at most `percent` percent of them exceed."""
    descending = np.sort(confidences)[::-1]
    return float(descending[len(descending) * percent // 100])


def summarise(
    counts: Iterable[Count], by_person: Iterable[Count], worst_of: Callable[[Iterable[float]], float]
) -> Rate:
    """Reduce counts to a rate; `worst_of` is `min` where high is good and `max` where it is bad.

    The rate of a seed is over all its faces. `by_person` are the counts that determine the worst person.
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

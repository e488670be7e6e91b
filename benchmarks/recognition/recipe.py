"""Interfaces of recipes: training on faces, and the resulting recogniser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.recognition.experiment import Indexes
from benchmarks.recognition.rates import Probabilities

# By name, one sequence of faces per session or clip, in chronological order.
Enrolled = Mapping[str, tuple[Indexes, ...]]


@dataclass(frozen=True)
class Recognizer:
    """A trained recogniser: `answer` maps n faces of the gallery to probabilities, `(n, people)`.

    The people are those enrolled, sorted by name, without a class for strangers. A face below `threshold` is unknown,
    as is an average over a track below `track_threshold`, or below `threshold` if that is None.
    """

    answer: Callable[[Indexes], Probabilities]
    threshold: float
    track_threshold: float | None = None


class Recipe(Protocol):
    """A training recipe on the faces of one gallery."""

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:
        """Train on these people's faces; `seed` makes it reproducible."""
        ...


def joined(enrolled: Enrolled) -> dict[str, Indexes]:
    """Join the faces of each person into one sequence, for recipes that ignore sessions."""
    return {name: np.concatenate(sequences) for name, sequences in enrolled.items()}

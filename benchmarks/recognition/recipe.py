"""What a recipe is: a way to teach faces, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.recognition.experiment import Indexes
from benchmarks.recognition.rates import Probabilities

# By name, one sequence of faces for each session or clip, in the order of time.
Enrolled = Mapping[str, tuple[Indexes, ...]]


@dataclass(frozen=True)
class Recognizer:
    """What was taught: faces of the gallery in, `(n, people)` out, and the threshold below which a face is unknown.

    The people are those that were taught, in the order of their names, without a class for anybody else. Averages over
    a track are judged by `track_threshold`, or as a face is where that is None.
    """

    answer: Callable[[Indexes], Probabilities]
    threshold: float
    track_threshold: float | None = None


class Recipe(Protocol):
    """A way to teach faces of one gallery."""

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:
        """Teach these people's faces; the same seed draws the same numbers."""
        ...


def joined(enrolled: Enrolled) -> dict[str, Indexes]:
    """Give all faces of each person in one sequence, for recipes that ask for no session."""
    return {name: np.concatenate(sequences) for name, sequences in enrolled.items()}

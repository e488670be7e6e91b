"""What a recipe is: a way to teach faces, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.gallery import Indexes
from benchmarks.rates import Probabilities


@dataclass(frozen=True)
class Recognizer:
    """What was taught: faces of the gallery in, `(n, people)` out, and the threshold below which a face is unknown.

    The people are those that were taught, in the order of their names, without a class for anybody else.
    """

    answer: Callable[[Indexes], Probabilities]
    threshold: float


class Recipe(Protocol):
    """A way to teach faces of one gallery."""

    def teach(self, enrolled: Mapping[str, Indexes], seed: int) -> Recognizer:
        """Teach these people's faces, in the order of time; the same seed draws the same numbers."""
        ...

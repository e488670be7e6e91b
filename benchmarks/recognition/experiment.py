"""Who is taught in an experiment with what, who is asked, and who is left out as a stranger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.int64]


@dataclass(frozen=True)
class Person:
    """Somebody before the camera. Sequences of faces, in the order of time, as places in `Gallery.crops`.

    Those that are enrolled are one for each session or clip, or all pictures together; in those to test with, faces
    follow each other.
    """

    name: str
    enrolled: tuple[Indexes, ...]
    tested: tuple[Indexes, ...]


@dataclass(frozen=True)
class Fold:
    """Who is taught and tested in one training, and who is a stranger before the same camera, with all their faces."""

    enrolled: tuple[Person, ...]
    strangers: tuple[Person, ...]


@dataclass(frozen=True)
class Experiment:
    """Everybody who can be taught, sorted by name, and the folds; there is a training for each of these."""

    title: str
    people: tuple[Person, ...]
    folds: tuple[Fold, ...]

    @property
    def leaves_out(self) -> bool:
        """Whether no fold teaches everybody."""
        return all(len(fold.enrolled) < len(self.people) for fold in self.folds)


def leave_out(people: Sequence[Person], enrolled: Sequence[Person], groups: int) -> tuple[Fold, ...]:
    """Leave out every group in turn, of as many as there are people at most; the rest learn as `enrolled` says.

    The n-th group holds every `groups`-th person from the n-th on.
    """
    folds = []
    for first in range(min(groups, len(people))):
        strangers = tuple(people[first::groups])
        names = {person.name for person in strangers}
        folds.append(Fold(tuple(person for person in enrolled if person.name not in names), strangers))
    return tuple(folds)


def limit_samples(experiment: Experiment, most: int | None) -> Experiment:
    """Enrol everybody with so many faces at most; None is without a limit. Strangers keep all of their faces."""
    if most is None:
        return experiment
    limited = {person.name: limit_enrolled(person, most) for person in experiment.people}
    folds = (replace(fold, enrolled=tuple(limited[own.name] for own in fold.enrolled)) for fold in experiment.folds)
    return replace(experiment, people=tuple(limited.values()), folds=tuple(folds))


def limit_enrolled(person: Person, most: int) -> Person:
    """Enrol a person with so many faces at most, spread evenly over those that there are."""
    faces = sum(map(len, person.enrolled))
    if faces <= most:
        return person
    kept = np.linspace(0, faces - 1, most).round().astype(np.int64)
    ends = np.cumsum([len(sequence) for sequence in person.enrolled])[:-1]
    parts = np.split(np.concatenate(person.enrolled)[kept], np.searchsorted(kept, ends))
    return replace(person, enrolled=tuple(part for part in parts if len(part)))

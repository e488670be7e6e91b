"""Experiments: who is enrolled with which faces, who is tested, and who is left out as a stranger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.int64]


@dataclass(frozen=True)
class Person:
    """A person's faces: sequences in chronological order, as indices into `Gallery.crops`.

    There is one enrolled sequence per session or clip, or one of all pictures; tested sequences are of consecutive
    faces.
    """

    name: str
    enrolled: tuple[Indexes, ...]
    tested: tuple[Indexes, ...]


@dataclass(frozen=True)
class Fold:
    """The people enrolled and tested in one training, and the same-camera strangers, with all their faces."""

    enrolled: tuple[Person, ...]
    strangers: tuple[Person, ...]


@dataclass(frozen=True)
class Experiment:
    """All people who can be enrolled, sorted by name, and the folds, each of which is one training."""

    title: str
    people: tuple[Person, ...]
    folds: tuple[Fold, ...]

    @property
    def leaves_out(self) -> bool:
        """Whether no fold enrols everybody."""
        return all(len(fold.enrolled) < len(self.people) for fold in self.folds)


def leave_out(people: Sequence[Person], enrolled: Sequence[Person], groups: int) -> tuple[Fold, ...]:
    """Return folds that leave out each of up to `groups` groups of people in turn, and enrol the rest as in `enrolled`.

    The n-th group holds every `groups`-th person from the n-th on.
    """
    folds = []
    for first in range(min(groups, len(people))):
        strangers = tuple(people[first::groups])
        names = {person.name for person in strangers}
        folds.append(Fold(tuple(person for person in enrolled if person.name not in names), strangers))
    return tuple(folds)


def limit_samples(experiment: Experiment, most: int | None) -> Experiment:
    """Limit the enrolled faces of each person to `most`; None is no limit. Strangers keep all their faces."""
    if most is None:
        return experiment
    limited = {person.name: limit_enrolled(person, most) for person in experiment.people}
    folds = (replace(fold, enrolled=tuple(limited[own.name] for own in fold.enrolled)) for fold in experiment.folds)
    return replace(experiment, people=tuple(limited.values()), folds=tuple(folds))


def limit_enrolled(person: Person, most: int) -> Person:
    """Limit the enrolled faces of a person to `most`, evenly spaced."""
    faces = sum(map(len, person.enrolled))
    if faces <= most:
        return person
    kept = np.linspace(0, faces - 1, most).round().astype(np.int64)
    ends = np.cumsum([len(sequence) for sequence in person.enrolled])[:-1]
    parts = np.split(np.concatenate(person.enrolled)[kept], np.searchsorted(kept, ends))
    return replace(person, enrolled=tuple(part for part in parts if len(part)))

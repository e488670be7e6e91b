"""The answers of one training to everybody's faces and tracks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.recognition.experiment import Fold, Indexes, Person
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.rates import Flags, Probabilities, average_over_tracks
from benchmarks.recognition.recipe import Enrolled, Recipe, Recognizer

FACE = "face"
TRACK = "track"

KNOWN = "known"
# Known people where nobody is left out.
KNOWN_ALL = "known_all"
SAME_CAMERA = "same_camera"
STRANGERS = "strangers"


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one training to n faces or tracks (`unit`) of one person, or of all strangers together.

    `group` is the person's role in the training. `likeliest`, `(n,)`, holds indices into `people`, who are enrolled,
    and `confidences`, `(n,)`, their probabilities.
    """

    seed: int
    unit: str
    group: str
    person: str
    people: tuple[str, ...]
    likeliest: NDArray[np.int64]
    confidences: Probabilities
    threshold: float

    @property
    def right(self) -> Flags:
        """Whether the likeliest person is the true one, `(n,)`; never for a stranger."""
        return self.likeliest_is(self.person)

    @property
    def named(self) -> Flags:
        """Whether the likeliest person's name is given, `(n,)`: at or above the threshold."""
        return self.confidences >= self.threshold

    def likeliest_is(self, person: str) -> Flags:
        """Return whether a person is the likeliest one, `(n,)`."""
        return np.array([self.people[place] == person for place in self.likeliest], np.bool_)


def ask_fold(recipe: Recipe, gallery: Gallery, fold: Fold, seed: int) -> Iterator[Answers]:
    """Train on the people of a fold, and yield the answers to them, to its strangers and to those of the gallery."""
    recognizer = recipe.teach(enrolled_faces(fold.enrolled), seed)
    people = tuple(person.name for person in fold.enrolled)
    asked = [
        *((KNOWN, person.name, person.tested) for person in fold.enrolled),
        *((SAME_CAMERA, person.name, person.enrolled + person.tested) for person in fold.strangers),
        (STRANGERS, "", gallery.strangers),
    ]
    for group, name, sequences in asked:
        for unit, threshold, answers in _by_unit(recognizer, sequences):
            yield Answers(seed, unit, group, name, people, answers.argmax(axis=1), answers.max(axis=1), threshold)


def ask_all(recipe: Recipe, people: Sequence[Person], seed: int) -> Iterator[Answers]:
    """Train on everybody, and yield the answers to them."""
    recognizer = recipe.teach(enrolled_faces(people), seed)
    names = tuple(person.name for person in people)
    for person in people:
        for unit, threshold, answers in _by_unit(recognizer, person.tested):
            likeliest, confidences = answers.argmax(axis=1), answers.max(axis=1)
            yield Answers(seed, unit, KNOWN_ALL, person.name, names, likeliest, confidences, threshold)


def enrolled_faces(people: Sequence[Person]) -> Enrolled:
    """Return each person's enrolled faces."""
    return {person.name: person.enrolled for person in people}


def _by_unit(recognizer: Recognizer, sequences: Sequence[Indexes]) -> Iterator[tuple[str, float, Probabilities]]:
    """Yield the answers to faces and their averages over tracks, each with its threshold."""
    answers = recognizer.answer(np.concatenate(sequences))
    own = recognizer.track_threshold
    yield FACE, recognizer.threshold, answers
    averages = average_over_tracks(answers, [len(sequence) for sequence in sequences])
    yield TRACK, recognizer.threshold if own is None else own, averages

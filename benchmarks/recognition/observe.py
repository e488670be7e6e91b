"""What one training answers to everybody's faces, and to their tracks."""

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
# The same where nobody was left out.
KNOWN_ALL = "known_all"
SAME_CAMERA = "same_camera"
STRANGERS = "strangers"


@dataclass(frozen=True, eq=False)
class Answers:
    """What one training answered to the n faces, or tracks (`unit`), of one person, or of all strangers together.

    `group` says what the person is in it. `likeliest`, `(n,)`, holds places in `people`, who were taught;
    `confidences`, `(n,)`, says how likely it is them.
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
        """Say where the likeliest person is the true one, `(n,)`; of a stranger that is nowhere."""
        return self.likeliest_is(self.person)

    @property
    def named(self) -> Flags:
        """Say where the likeliest person's name is given, `(n,)`: from the threshold on."""
        return self.confidences >= self.threshold

    def likeliest_is(self, person: str) -> Flags:
        """Say where somebody is the likeliest person, `(n,)`."""
        return np.array([self.people[place] == person for place in self.likeliest], np.bool_)


def ask_fold(recipe: Recipe, gallery: Gallery, fold: Fold, seed: int) -> Iterator[Answers]:
    """Teach the people of a fold, and ask who they are, who its strangers are, and who those of the gallery are."""
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
    """Teach everybody, and ask who they are."""
    recognizer = recipe.teach(enrolled_faces(people), seed)
    names = tuple(person.name for person in people)
    for person in people:
        for unit, threshold, answers in _by_unit(recognizer, person.tested):
            likeliest, confidences = answers.argmax(axis=1), answers.max(axis=1)
            yield Answers(seed, unit, KNOWN_ALL, person.name, names, likeliest, confidences, threshold)


def enrolled_faces(people: Sequence[Person]) -> Enrolled:
    """Give each person's faces to learn from."""
    return {person.name: person.enrolled for person in people}


def _by_unit(recognizer: Recognizer, sequences: Sequence[Indexes]) -> Iterator[tuple[str, float, Probabilities]]:
    """Give the answers to each face, and their averages over each track, with the threshold for either."""
    answers = recognizer.answer(np.concatenate(sequences))
    own = recognizer.track_threshold
    yield FACE, recognizer.threshold, answers
    averages = average_over_tracks(answers, [len(sequence) for sequence in sequences])
    yield TRACK, recognizer.threshold if own is None else own, averages

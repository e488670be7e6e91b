"""What one training is worth: its answers to everybody's faces, as counts of each measure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.gallery import Gallery, Indexes, Person
from benchmarks.rates import UNKNOWN, Count, Probabilities, average_over_tracks, given_names
from benchmarks.recipe import Recipe, Recognizer

ACCURACY = "accuracy"
ACCURACY_ALL = "accuracy_all"
RECALL = "recall"
SAME_CAMERA = "false_name_same_camera"
STRANGERS = "false_name_strangers"
# Each person's name, given to a stranger: by it, the worst person is found.
STRANGERS_BY_NAME = "false_name_strangers_by_name"


@dataclass(frozen=True)
class Observation:
    """A count of one measure, of faces or of tracks (`unit`)."""

    unit: str
    measure: str
    count: Count


def observe_fold(recipe: Recipe, gallery: Gallery, left_out: Person, seed: int) -> Iterator[Observation]:
    """Teach everybody but one, and count how those are recognised, and what that one and the strangers are called."""
    enrolled = [person for person in gallery.people if person is not left_out]
    recognizer = recipe.teach(enrolled_faces(enrolled), seed)
    for label, person in enumerate(enrolled):
        for unit, answers in _by_unit(recognizer, person.tested):
            right = answers.argmax(axis=1) == label
            named = given_names(answers, recognizer.threshold) == label
            yield Observation(unit, ACCURACY, Count(seed, person.name, int(right.sum()), len(right)))
            yield Observation(unit, RECALL, Count(seed, person.name, int(named.sum()), len(named)))
    for unit, answers in _by_unit(recognizer, left_out.enrolled + left_out.tested):
        named = given_names(answers, recognizer.threshold) != UNKNOWN
        yield Observation(unit, SAME_CAMERA, Count(seed, left_out.name, int(named.sum()), len(named)))
    for unit, answers in _by_unit(recognizer, gallery.strangers):
        names = given_names(answers, recognizer.threshold)
        yield Observation(unit, STRANGERS, Count(seed, "", int((names != UNKNOWN).sum()), len(names)))
        for label, person in enumerate(enrolled):
            count = Count(seed, person.name, int((names == label).sum()), len(names))
            yield Observation(unit, STRANGERS_BY_NAME, count)


def observe_all(recipe: Recipe, gallery: Gallery, seed: int) -> Iterator[Observation]:
    """Teach everybody, and count whose likeliest person is right."""
    recognizer = recipe.teach(enrolled_faces(gallery.people), seed)
    for label, person in enumerate(gallery.people):
        for unit, answers in _by_unit(recognizer, person.tested):
            right = answers.argmax(axis=1) == label
            yield Observation(unit, ACCURACY_ALL, Count(seed, person.name, int(right.sum()), len(right)))


def enrolled_faces(people: Sequence[Person]) -> Mapping[str, Indexes]:
    """Give each person's faces to learn from, in the order of time."""
    return {person.name: np.concatenate(person.enrolled) for person in people}


def _by_unit(recognizer: Recognizer, sequences: Sequence[Indexes]) -> Iterator[tuple[str, Probabilities]]:
    """Give the answers to each face, and the answers averaged over each track."""
    answers = recognizer.answer(np.concatenate(sequences))
    yield "face", answers
    yield "track", average_over_tracks(answers, [len(sequence) for sequence in sequences])

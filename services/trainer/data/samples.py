"""The samples of one training: who learns, and who judges at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.strangers import Strangers, split_strangers, stack_images
from familiar.shared.contract.errors import TooFewPeople, TooFewSamples
from familiar.shared.vision.images import Image

FEWEST_SAMPLES = 2
# With fewer, one picture more or less changes what is said of somebody.
FEWEST_TO_TEST = 20

Labels = NDArray[np.int64]
Part = tuple[Image, Labels, Labels]


@dataclass(frozen=True)
class Sessions:
    """In which session each sample was taken, beside the model inputs, by slug.

    `train` and `test` give numbers within the person, in the order of time; the same number is the same session.
    `days` says on how many days a person's train samples were taken.
    """

    train: Mapping[str, Sequence[int]]
    test: Mapping[str, Sequence[int]]
    days: Mapping[str, int]


@dataclass(frozen=True)
class TrainingSamples:
    """Model inputs, whose they are and of which session, in two parts that share no moment, and strangers in two.

    Images are RGB, `(n, 160, 160, 3)`, `uint8`; labels are `(n,)`, `int64`, places in `people`, which
    holds slugs. Sessions are `(n,)`, `int64`, numbers within the person in the order of time. Only the test part and
    the strangers may be empty. `days` and `tests_left_out`, `(people,)`, say on how many days each person's
    train samples were taken, and how many of their test samples are left out; see `split_by_time`.
    """

    people: tuple[str, ...]
    train_images: Image
    train_labels: Labels
    train_sessions: Labels
    test_images: Image
    test_labels: Labels
    test_sessions: Labels
    strangers: Strangers
    days: Labels
    tests_left_out: Labels

    @property
    def has_strangers(self) -> bool:
        """Whether there are strangers to learn from; then they are a class of their own."""
        return len(self.strangers.train_images) > 0

    def sessions(self, label: int) -> int:
        """Count the sessions from which somebody is learned."""
        return len(set(self.train_sessions[self.train_labels == label].tolist()))


def split_by_time(
    train: Mapping[str, Sequence[Image]],
    test: Mapping[str, Sequence[Image]],
    strangers: Strangers | None = None,
    sessions: Sessions | None = None,
) -> TrainingSamples:
    """Put everybody's samples side by side, and choose who is to judge.

    `train` and `test` give each person's model inputs by slug; those of `train` in order of capture time. Without
    `sessions` all samples of a person are of one.

    Where somebody has at least `FEWEST_TO_TEST` test samples of sessions of which none are learned from, they are
    tested with these alone: these show how well they are recognised another time, the others only how well the same.

    Raises:
        TooFewPeople: nobody has train samples, or one person has and there are no strangers to tell them from.
        TooFewSamples: somebody has fewer than `FEWEST_SAMPLES` train samples.
    """
    people = tuple(sorted(train))
    strangers = strangers or split_strangers(())
    if len(people) + bool(len(strangers.train_images)) < 2 or not people:  # noqa: PLR2004 - somebody, and another
        raise TooFewPeople
    for person in people:
        if len(train[person]) < FEWEST_SAMPLES:
            raise TooFewSamples(
                f"{person} has {len(train[person])} samples to train on, and needs at least {FEWEST_SAMPLES}. "
                "Enrol them again, or forget them."
            )
    sessions = sessions or _one_session_each(train, test)
    judges = {person: _places_to_test(sessions, person) for person in people}
    learned = {person: list(range(len(train[person]))) for person in people}
    return TrainingSamples(
        people,
        *_stack(train, sessions.train, learned),
        *_stack(test, sessions.test, judges),
        strangers,
        np.array([sessions.days[person] for person in people], np.int64),
        np.array([len(test.get(person, ())) - len(judges[person]) for person in people], np.int64),
    )


def _one_session_each(train: Mapping[str, Sequence[Image]], test: Mapping[str, Sequence[Image]]) -> Sessions:
    return Sessions(
        train={person: [0] * len(images) for person, images in train.items()},
        test={person: [0] * len(images) for person, images in test.items()},
        days=dict.fromkeys(train, 1),
    )


def _places_to_test(sessions: Sessions, person: str) -> list[int]:
    """Give the places of the test samples that judge: those of sessions that are not learned from, or all."""
    numbers = sessions.test.get(person, ())
    learned = set(sessions.train[person])
    apart = [place for place, number in enumerate(numbers) if number not in learned]
    return apart if len(apart) >= FEWEST_TO_TEST else list(range(len(numbers)))


def _stack(
    images: Mapping[str, Sequence[Image]], sessions: Mapping[str, Sequence[int]], places: Mapping[str, Sequence[int]]
) -> Part:
    """Stack each person's images at these places, one person after the other, with labels and sessions that say so."""
    chosen = [(label, person, place) for label, (person, own) in enumerate(places.items()) for place in own]
    return (
        stack_images([images[person][place] for _, person, place in chosen]),
        np.array([label for label, _, _ in chosen], np.int64),
        np.array([sessions[person][place] for _, person, place in chosen], np.int64),
    )

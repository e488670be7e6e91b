"""The samples of one training: what is learned from, and what is tested with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.split_strangers import Strangers, split_strangers, stack_images
from familiar.shared.contract.errors import TooFewPeople, TooFewSamples
from familiar.shared.contract.messages import FEWEST_SAMPLES
from familiar.shared.vision.images import Image

# With fewer, a single picture changes somebody's standing.
FEWEST_TO_TEST = 20

Labels = NDArray[np.int64]
Part = tuple[Image, Labels, Labels]


@dataclass(frozen=True)
class Sessions:
    """Session of each sample, parallel to the model inputs, by slug.

    `train` and `test` number a person's sessions chronologically; equal numbers are the same session. `days` counts the
    days on which a person's train samples were taken.
    """

    train: Mapping[str, Sequence[int]]
    test: Mapping[str, Sequence[int]]
    days: Mapping[str, int]


@dataclass(frozen=True)
class TrainingSamples:
    """Labelled model inputs in a train and a test part that share no moment, and strangers in two parts as well.

    Images are RGB, `(n, 160, 160, 3)`, `uint8`; labels are `(n,)`, `int64`, indices into `people`, which holds slugs.
    Sessions are `(n,)`, `int64`, numbered chronologically within a person. Only the test part and the strangers may be
    empty. `days` and `tests_left_out`, `(people,)`, count the days on which each person's train samples were taken, and
    their test samples that are left out; see `split_by_time`.
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
        """Whether there are strangers to learn from, as a class of their own."""
        return len(self.strangers.train_images) > 0

    def sessions(self, label: int) -> int:
        """Return the number of sessions from which somebody is learned."""
        return len(set(self.train_sessions[self.train_labels == label].tolist()))


def split_by_time(
    train: Mapping[str, Sequence[Image]],
    test: Mapping[str, Sequence[Image]],
    strangers: Strangers | None = None,
    sessions: Sessions | None = None,
) -> TrainingSamples:
    """Assemble everybody's samples, and choose those to test with.

    `train` and `test` are each person's model inputs by slug; those of `train` in order of capture. Without `sessions`,
    all samples of a person are of one.

    Somebody with at least `FEWEST_TO_TEST` test samples of sessions that are not learned from is tested with these
    alone: they measure recognition at another time, the others only within a session.

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
    """Return the indices of a person's test samples to use: those of sessions that are not learned from, or all."""
    numbers = sessions.test.get(person, ())
    learned = set(sessions.train[person])
    apart = [place for place, number in enumerate(numbers) if number not in learned]
    return apart if len(apart) >= FEWEST_TO_TEST else list(range(len(numbers)))


def _stack(
    images: Mapping[str, Sequence[Image]], sessions: Mapping[str, Sequence[int]], places: Mapping[str, Sequence[int]]
) -> Part:
    """Stack the chosen images, one person after the other, with their labels and sessions."""
    chosen = [(label, person, place) for label, (person, own) in enumerate(places.items()) for place in own]
    return (
        stack_images([images[person][place] for _, person, place in chosen]),
        np.array([label for label, _, _ in chosen], np.int64),
        np.array([sessions[person][place] for _, person, place in chosen], np.int64),
    )

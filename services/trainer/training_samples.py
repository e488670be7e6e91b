"""The samples of one training: who learns, who checks while learning, who judges at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.trainer.background import Background, split_background, stack_images
from shared.errors import TooFewPeople, TooFewSamples
from shared.images import Image

VALIDATION_SHARE = 0.1
FEWEST_SAMPLES = 2

Labels = NDArray[np.int64]
Part = tuple[Image, Labels]


@dataclass(frozen=True)
class TrainingSamples:
    """Model inputs and whose they are, in three parts that share no moment, and strangers in three as well.

    Images are RGB, `(n, 160, 160, 3)`, `uint8`; labels are `(n,)`, `int64`, places in `people`, which
    holds slugs. Only the test part and the background may be empty.
    """

    people: tuple[str, ...]
    train_images: Image
    train_labels: Labels
    validation_images: Image
    validation_labels: Labels
    test_images: Image
    test_labels: Labels
    background: Background

    @property
    def has_background(self) -> bool:
        """Whether there are strangers to learn from; then they are a class of their own."""
        return len(self.background.train_images) > 0


def split_by_time(
    train: Mapping[str, Sequence[Image]],
    test: Mapping[str, Sequence[Image]],
    background: Background | None = None,
) -> TrainingSamples:
    """Put the last `VALIDATION_SHARE` of each person's train samples, at least one, into validation.

    `train` and `test` give each person's model inputs by slug; those of `train` in order of capture time.
    Neighbouring frames of a video are nearly the same picture, so a random split would put one of two
    twins on either side, and validation would only show what was learned by heart.

    Raises:
        TooFewPeople: nobody has train samples, or one person has and there are no strangers to tell them from.
        TooFewSamples: somebody has fewer than `FEWEST_SAMPLES` train samples.
    """
    people = tuple(sorted(train))
    background = background or split_background(())
    if len(people) + bool(len(background.train_images)) < 2 or not people:  # noqa: PLR2004 - somebody, and another
        raise TooFewPeople
    for person in people:
        if len(train[person]) < FEWEST_SAMPLES:
            raise TooFewSamples(
                f"{person} has {len(train[person])} samples to train on, and needs at least {FEWEST_SAMPLES}. "
                "Enrol them again, or forget them."
            )
    kept_back = {person: max(1, round(len(train[person]) * VALIDATION_SHARE)) for person in people}
    return TrainingSamples(
        people,
        *_stack([train[person][: -kept_back[person]] for person in people]),
        *_stack([train[person][-kept_back[person] :] for person in people]),
        *_stack([test.get(person, ()) for person in people]),
        background,
    )


def _stack(images_by_person: Sequence[Sequence[Image]]) -> Part:
    """Stack each person's images, one person after the other, with the labels that say so."""
    images = [image for images in images_by_person for image in images]
    labels = [label for label, images in enumerate(images_by_person) for _ in images]
    return stack_images(images), np.array(labels, np.int64)

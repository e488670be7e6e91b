"""Examples: what the new layers see in an epoch, as features of samples and of strangers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.trainer.features import Features
from services.trainer.training_samples import Labels, TrainingSamples
from shared.images import Image

# An eighth of the samples are augmented in an epoch, other ones in the next; few of them more often, or they would
# hardly count.
AUGMENTED_SHARE = 0.125
FEWEST_AUGMENTED = 64
# Thousands of strangers would make a training long; each epoch augments other ones.
MOST_STRANGERS = 400
MOST_STRANGERS_AUGMENTED = 100
# Somebody took the trouble to say that this is a stranger.
MARKED_WEIGHT = 4.0
# A handful of validation samples is soon answered without a mistake, and then accuracy cannot rise. Augmented
# copies keep it telling.
VALIDATION_COPIES = 2

_AS_TAKEN = 0


@dataclass(frozen=True)
class Examples:
    """Features, `(n, features)`, the class of each, `(n,)`, and how much each weighs, `(n,)`.

    Classes are places of people, and after the last of them the background, where there is one.
    """

    features: NDArray[np.float32]
    labels: Labels
    weights: NDArray[np.float32]


def see_as_taken(samples: TrainingSamples, features: Features, seed: int) -> Examples:
    """See the train samples and strangers as they were taken."""
    drawn = _draw(samples, np.arange(len(samples.train_labels)), MOST_STRANGERS, (seed, _AS_TAKEN))
    return Examples(features(drawn.images), drawn.labels, drawn.weights)


def see_augmented(samples: TrainingSamples, features: Features, seed: int, number: int) -> Examples:
    """See a part of the train samples and strangers freshly augmented; `number` is the epoch's, from 1.

    It goes on where the epoch before stopped, in an order of its own.
    """
    count = len(samples.train_labels)
    share = max(FEWEST_AUGMENTED, round(count * AUGMENTED_SHARE))
    order = np.random.default_rng(seed).permutation(count)
    places = order[np.arange((number - 1) * share, number * share) % count]
    drawn = _draw(samples, places, MOST_STRANGERS_AUGMENTED, (seed, number))
    return Examples(features(drawn.images, (seed, number)), drawn.labels, drawn.weights)


def see_validation(samples: TrainingSamples, features: Features, seed: int) -> tuple[Examples, Examples]:
    """See the validation samples and strangers as they were taken, and augmented copies, the same for all epochs."""
    strangers = samples.background.validation_images[: None if samples.has_background else 0]
    images = np.concatenate([samples.validation_images, strangers])
    labels = np.concatenate([samples.validation_labels, np.full(len(strangers), len(samples.people))])
    weights = np.ones(len(labels), np.float32)
    copies = np.concatenate([features(images, (seed, _AS_TAKEN, copy)) for copy in range(VALIDATION_COPIES)])
    return (
        Examples(features(images), labels, weights),
        Examples(copies, np.tile(labels, VALIDATION_COPIES), np.tile(weights, VALIDATION_COPIES)),
    )


def shuffle_together(parts: tuple[Examples, ...], seeds: tuple[int, ...]) -> Examples:
    """Put parts together in an order that the seeds decide: a training that goes on later has the same one."""
    lengths = [len(part.labels) for part in parts]
    order = np.random.default_rng(seeds).permutation(sum(lengths))
    features = np.empty((len(order), parts[0].features.shape[1]), np.float32)
    # Each part goes to its places at once: all parts side by side would need the memory of the features twice.
    for part, places in zip(parts, np.split(np.argsort(order), np.cumsum(lengths)[:-1]), strict=True):
        features[places] = part.features
    return Examples(
        features,
        np.concatenate([part.labels for part in parts])[order],
        np.concatenate([part.weights for part in parts])[order],
    )


class _Drawn(NamedTuple):
    """Examples before the frozen part has seen them."""

    images: Image
    labels: Labels
    weights: NDArray[np.float32]


def _draw(samples: TrainingSamples, places: NDArray[np.int64], most_strangers: int, seeds: tuple[int, ...]) -> _Drawn:
    """Join the samples at these places and strangers."""
    strangers = _draw_strangers(samples.background.marked, most_strangers, np.random.default_rng(seeds))
    weights = np.ones(len(places) + len(strangers), np.float32)
    weights[len(places) :][samples.background.marked[strangers]] = MARKED_WEIGHT
    return _Drawn(
        np.concatenate([samples.train_images[places], samples.background.train_images[strangers]]),
        np.concatenate([samples.train_labels[places], np.full(len(strangers), len(samples.people))]),
        weights,
    )


def _draw_strangers(marked: NDArray[np.bool_], most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Choose the places of strangers: all that were marked, and of the others as many as fit."""
    others = np.flatnonzero(~marked)
    room = max(0, most - int(marked.sum()))
    drawn = others if len(others) <= room else np.sort(random.choice(others, room, replace=False))
    return np.concatenate([drawn, np.flatnonzero(marked)])

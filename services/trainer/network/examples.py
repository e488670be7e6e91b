"""Training examples: samples and strangers as features, as the new layers see them in an epoch."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.augment import ANOTHER_DAY
from familiar.services.trainer.data.split_samples import Labels, TrainingSamples
from familiar.services.trainer.network.features import Features
from familiar.shared.vision.images import Image

# Each epoch augments an eighth of the samples, in turn; of few samples more, or augmentation would hardly count.
AUGMENTED_SHARE = 0.125
FEWEST_AUGMENTED = 16
# Bounds the duration of a training on thousands of strangers; each epoch augments other ones.
MOST_STRANGERS = 400
MOST_STRANGERS_AUGMENTED = 30
# Marked by hand, so worth more than any portrait. docs/LOG.md has what other weights do.
MARKED_WEIGHT = 12.0
# Enough to calibrate by, few enough to cost no time.
MOST_OF_ANOTHER_DAY = 240

_AS_TAKEN = 0
_ANOTHER_DAY = 2**31


@dataclass(frozen=True)
class Examples:
    """Outputs of both branches, `(n, features)`, with classes, `(n,)`, and weights, `(n,)`.

    Classes are indices of people, followed by that of nobody. `origins`, `(n,)`, are indices into the train samples
    and, after them, the strangers.
    """

    features: NDArray[np.float32]
    labels: Labels
    weights: NDArray[np.float32]
    origins: Labels


def see_as_taken(samples: TrainingSamples, features: Features, seed: int) -> Examples:
    """Return the train samples and strangers as they were taken."""
    drawn = _draw(samples, np.arange(len(samples.train_labels)), MOST_STRANGERS, (seed, _AS_TAKEN))
    return Examples(features(drawn.images), drawn.labels, drawn.weights, drawn.origins)


def see_augmented(samples: TrainingSamples, features: Features, seed: int, number: int) -> Examples:
    """Return a part of the train samples and strangers, freshly augmented; `number` is the epoch's, from 1.

    It continues where the previous epoch stopped, in an order of its own.
    """
    count = len(samples.train_labels)
    share = max(FEWEST_AUGMENTED, round(count * AUGMENTED_SHARE))
    order = np.random.default_rng(seed).permutation(count)
    places = order[np.arange((number - 1) * share, number * share) % count]
    drawn = _draw(samples, places, MOST_STRANGERS_AUGMENTED, (seed, number))
    return Examples(features(drawn.images, (seed, number)), drawn.labels, drawn.weights, drawn.origins)


def see_another_day(samples: TrainingSamples, features: Features, seed: int) -> Examples:
    """Return train samples, evenly chosen, augmented as if from another day."""
    count = len(samples.train_labels)
    places = np.linspace(0, count - 1, min(count, MOST_OF_ANOTHER_DAY)).astype(int)
    seen = features(samples.train_images[places], (seed, _ANOTHER_DAY), ANOTHER_DAY)
    return Examples(seen, samples.train_labels[places], np.ones(len(places), np.float32), places)


def put_together(parts: tuple[Examples, ...], order: Labels | None = None) -> Examples:
    """Concatenate parts, and permute them by `order` if given."""
    lengths = [len(part.labels) for part in parts]
    order = np.arange(sum(lengths)) if order is None else order
    features = np.empty((len(order), parts[0].features.shape[1]), np.float32)
    # Scattered part by part: concatenating first would hold the features in memory twice.
    for part, places in zip(parts, np.split(np.argsort(order), np.cumsum(lengths)[:-1]), strict=True):
        features[places] = part.features
    return Examples(
        features,
        np.concatenate([part.labels for part in parts])[order],
        np.concatenate([part.weights for part in parts])[order],
        np.concatenate([part.origins for part in parts])[order],
    )


def shuffle_together(parts: tuple[Examples, ...], seeds: tuple[int, ...]) -> Examples:
    """Concatenate parts in an order derived from the seeds, which a resumed training reproduces."""
    return put_together(parts, np.random.default_rng(seeds).permutation(sum(len(part.labels) for part in parts)))


class _Drawn(NamedTuple):
    """Examples before they pass the frozen branches."""

    images: Image
    labels: Labels
    weights: NDArray[np.float32]
    origins: Labels


def _draw(samples: TrainingSamples, places: NDArray[np.int64], most_strangers: int, seeds: tuple[int, ...]) -> _Drawn:
    """Join the samples at these places with strangers."""
    strangers = _draw_strangers(samples.strangers.marked, most_strangers, np.random.default_rng(seeds))
    weights = np.ones(len(places) + len(strangers), np.float32)
    weights[len(places) :][samples.strangers.marked[strangers]] = MARKED_WEIGHT
    return _Drawn(
        np.concatenate([samples.train_images[places], samples.strangers.train_images[strangers]]),
        np.concatenate([samples.train_labels[places], np.full(len(strangers), len(samples.people))]),
        weights,
        np.concatenate([places, len(samples.train_labels) + strangers]),
    )


def _draw_strangers(marked: NDArray[np.bool_], most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Choose the places of strangers: all marked ones, and of the others as many as fit."""
    others = np.flatnonzero(~marked)
    room = max(0, most - int(marked.sum()))
    drawn = others if len(others) <= room else np.sort(random.choice(others, room, replace=False))
    return np.concatenate([drawn, np.flatnonzero(marked)])

"""Examples: what the new layers see in an epoch, as features of samples and of strangers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.augment import ANOTHER_DAY
from familiar.services.trainer.data.samples import Labels, TrainingSamples
from familiar.services.trainer.network.features import Features
from familiar.shared.vision.images import Image

# An eighth of the samples are augmented in an epoch, other ones in the next; few of them more often, or they would
# hardly count.
AUGMENTED_SHARE = 0.125
FEWEST_AUGMENTED = 16
# Thousands of strangers would make a training long; each epoch augments other ones.
MOST_STRANGERS = 400
MOST_STRANGERS_AUGMENTED = 30
# Somebody took the trouble to say that this is a stranger. docs/LOG.md has what other weights do.
MARKED_WEIGHT = 12.0
# As another day might show them: enough to calibrate by, few enough to take no time.
MOST_OF_ANOTHER_DAY = 240

_AS_TAKEN = 0
_ANOTHER_DAY = 2**31


@dataclass(frozen=True)
class Examples:
    """What both branches see, `(n, features)`, the class of each, `(n,)`, and how much each weighs, `(n,)`.

    Classes are places of people, and after the last of them nobody of them. `origins`, `(n,)`, are places in the train
    samples and, behind them, in the strangers'.
    """

    features: NDArray[np.float32]
    labels: Labels
    weights: NDArray[np.float32]
    origins: Labels


def see_as_taken(samples: TrainingSamples, features: Features, seed: int) -> Examples:
    """See the train samples and strangers as they were taken."""
    drawn = _draw(samples, np.arange(len(samples.train_labels)), MOST_STRANGERS, (seed, _AS_TAKEN))
    return Examples(features(drawn.images), drawn.labels, drawn.weights, drawn.origins)


def see_augmented(samples: TrainingSamples, features: Features, seed: int, number: int) -> Examples:
    """See a part of the train samples and strangers freshly augmented; `number` is the epoch's, from 1.

    It goes on where the epoch before stopped, in an order of its own.
    """
    count = len(samples.train_labels)
    share = max(FEWEST_AUGMENTED, round(count * AUGMENTED_SHARE))
    order = np.random.default_rng(seed).permutation(count)
    places = order[np.arange((number - 1) * share, number * share) % count]
    drawn = _draw(samples, places, MOST_STRANGERS_AUGMENTED, (seed, number))
    return Examples(features(drawn.images, (seed, number)), drawn.labels, drawn.weights, drawn.origins)


def see_another_day(samples: TrainingSamples, features: Features, seed: int) -> Examples:
    """See train samples, evenly chosen, as another day might show them."""
    count = len(samples.train_labels)
    places = np.linspace(0, count - 1, min(count, MOST_OF_ANOTHER_DAY)).astype(int)
    seen = features(samples.train_images[places], (seed, _ANOTHER_DAY), ANOTHER_DAY)
    return Examples(seen, samples.train_labels[places], np.ones(len(places), np.float32), places)


def put_together(parts: tuple[Examples, ...], order: Labels | None = None) -> Examples:
    """Put parts together, one behind the other, or in that order."""
    lengths = [len(part.labels) for part in parts]
    order = np.arange(sum(lengths)) if order is None else order
    features = np.empty((len(order), parts[0].features.shape[1]), np.float32)
    # Each part goes to its places at once: all parts side by side would need the memory of the features twice.
    for part, places in zip(parts, np.split(np.argsort(order), np.cumsum(lengths)[:-1]), strict=True):
        features[places] = part.features
    return Examples(
        features,
        np.concatenate([part.labels for part in parts])[order],
        np.concatenate([part.weights for part in parts])[order],
        np.concatenate([part.origins for part in parts])[order],
    )


def shuffle_together(parts: tuple[Examples, ...], seeds: tuple[int, ...]) -> Examples:
    """Put parts together in an order that the seeds decide: a training that goes on later has the same one."""
    return put_together(parts, np.random.default_rng(seeds).permutation(sum(len(part.labels) for part in parts)))


class _Drawn(NamedTuple):
    """Examples before the frozen branches have seen them."""

    images: Image
    labels: Labels
    weights: NDArray[np.float32]
    origins: Labels


def _draw(samples: TrainingSamples, places: NDArray[np.int64], most_strangers: int, seeds: tuple[int, ...]) -> _Drawn:
    """Join the samples at these places and strangers."""
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
    """Choose the places of strangers: all that were marked, and of the others as many as fit."""
    others = np.flatnonzero(~marked)
    room = max(0, most - int(marked.sum()))
    drawn = others if len(others) <= room else np.sort(random.choice(others, room, replace=False))
    return np.concatenate([drawn, np.flatnonzero(marked)])

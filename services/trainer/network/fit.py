"""Fitting: epochs of new layers on the outputs of the frozen branches, keeping the best."""

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import keras
import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.folds import Folds
from familiar.services.trainer.data.split_samples import Labels, TrainingSamples
from familiar.services.trainer.network.checkpoint import Checkpoint
from familiar.services.trainer.network.examples import (
    Examples,
    put_together,
    see_another_day,
    see_as_taken,
    see_augmented,
    shuffle_together,
)
from familiar.services.trainer.network.features import Features
from familiar.services.trainer.network.head_input import Embedding
from familiar.services.trainer.network.network import build_new_layers
from familiar.shared.contract.messages import Epoch, TrainingOptions

LEARNING_RATE = 0.4
MOMENTUM = 0.9
BATCH_SIZE = 32
# Logit of a class that a network does not know: so low that it never counts.
_ABSENT = -30.0

# `(n, networks, classes)`.
Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """New layers with the weights of the best epoch, and the history of all.

    `kernel` is `(inputs, networks, classes)`, `bias` `(networks, classes)`: the served network first, then those of the
    folds. `as_taken` are the train samples and strangers, embedded, `another_day` the former augmented as if from
    another day, and `descriptors`, `(train samples, 128)`, their descriptors. `resumed_after` is the epoch after which
    an interrupted training resumed, 0 if it was not.
    """

    embedding: Embedding
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    history: tuple[Epoch, ...]
    resumed_after: int
    as_taken: Examples
    another_day: Examples
    descriptors: NDArray[np.float32]

    def logits(self, inputs: NDArray[np.float32]) -> Logits:
        """Return every network's logits for inputs, `(n, inputs)`."""
        return np.asarray(np.einsum("ni,ijk->njk", inputs, self.kernel, optimize=True) + self.bias, np.float32)


def fit(
    samples: TrainingSamples,
    features: Features,
    folds: Folds,
    options: TrainingOptions,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Epoch], None],
) -> Fitted:
    """Fit new layers, and keep the weights of the epoch that was best on what the folds hold back.

    They are one dense layer with softmax and cross-entropy, trained by SGD from zero, with so few small steps that the
    weights stay small, as under weight decay. The folds' networks take every step along, without what is withheld from
    them. Each epoch sees all samples as they were taken, and a part of them freshly augmented. Better is a higher
    accuracy, or the same with a lower loss. Epochs in the checkpoint are not repeated, but reported to `on_epoch` all
    the same.
    """
    see = functools.partial(see_augmented, samples, features, options.seed)
    raw, first = see_as_taken(samples, features, options.seed), see(1)
    # Deviations include augmented examples: where somebody sat still, features hardly vary as taken.
    both = put_together((raw, first))
    embedding = Embedding.fitted_to(both.features, balanced(both.labels, both.weights), features.descriptor)
    descriptors = raw.features[: len(samples.train_labels), raw.features.shape[1] - features.descriptor :].copy()
    as_taken = _embedded(raw, embedding)
    # Each holds the training features once more.
    del raw, both
    another_day = _embedded(see_another_day(samples, features, options.seed), embedding)

    new_layers = _start(as_taken.features.shape[1], folds, samples)
    history, best_weights = checkpoint.restore(new_layers)
    resumed_after = len(history)
    for epoch in history:
        on_epoch(epoch)
    remaining = range(len(history) + 1, options.epochs + 1)
    for number, augmented in zip(remaining, _one_ahead(lambda n: first if n == 1 else see(n), remaining), strict=True):
        seen = shuffle_together((as_taken, _embedded(augmented, embedding)), (options.seed, number))
        new_layers.optimizer.learning_rate = LEARNING_RATE * _cosine((number - 1) / options.epochs)
        _take_steps(new_layers, seen, folds)
        epoch = _judge_epoch(new_layers, seen, as_taken, folds, history, options.epochs)
        if epoch.kept:
            best_weights = new_layers.get_weights()
        history = (*history, epoch)
        checkpoint.save(new_layers, history, best_weights)
        on_epoch(epoch)
    shape = new_layers.output_shape[1:]
    kernel, bias = best_weights[0].reshape(-1, *shape), best_weights[1].reshape(shape)
    if not samples.has_strangers:
        # Without strangers the logit of nobody is a constant, which calibration sets.
        kernel[..., -1], bias[:, -1] = 0, 0
    return Fitted(embedding, kernel, bias, history, resumed_after, as_taken, another_day, descriptors)


def _start(inputs: int, folds: Folds, samples: TrainingSamples) -> keras.Model:
    """Build and compile the new layers of all networks for inputs, `(n, inputs)`."""
    new_layers = build_new_layers(inputs, folds.learned.shape[1], len(samples.people) + 1)
    new_layers.get_layer("scores").bias.assign(_starting_bias(folds, samples).ravel())
    new_layers.compile(
        keras.optimizers.SGD(LEARNING_RATE, MOMENTUM), keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    new_layers.optimizer.build(new_layers.trainable_variables)
    return new_layers


def _judge_epoch(
    new_layers: keras.Model,
    seen: Examples,
    as_taken: Examples,
    folds: Folds,
    history: tuple[Epoch, ...],
    epochs: int,
) -> Epoch:
    """Evaluate the served network on what it has seen, and the folds' on what each holds back."""
    kernel, bias = (weights[..., : new_layers.output_shape[-1]] for weights in new_layers.get_weights())
    loss, accuracy = _judge(seen.features @ kernel + bias, seen.labels, seen.weights)
    held_back = _held_back(_logits(new_layers, as_taken.features), as_taken, folds)
    validation_loss, validation_accuracy = _judge(*held_back)
    best = [(epoch.validation_accuracy, -epoch.validation_loss) for epoch in history if epoch.kept][-1:]
    return Epoch(
        epoch=len(history) + 1,
        epochs=epochs,
        loss=loss,
        accuracy=accuracy,
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
        kept=[(validation_accuracy, -validation_loss)] > best,
    )


def balanced(labels: Labels, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale weights, `(n,)`, so that every class of `labels`, `(n,)`, weighs the same; their mean is 1."""
    of_class = np.bincount(labels, weights)
    present = np.count_nonzero(of_class)
    shares = np.divide(weights, of_class[labels], out=np.zeros(len(labels)), where=of_class[labels] > 0)
    return np.asarray(shares * len(labels) / max(present, 1), np.float32)


def _embedded(examples: Examples, embedding: Embedding) -> Examples:
    return replace(examples, features=embedding(examples.features))


def _starting_bias(folds: Folds, samples: TrainingSamples) -> NDArray[np.float32]:
    """Return initial biases, `(networks, classes)`: 0, or `_ABSENT` for a class that a network does not know."""
    absent = np.vstack([np.zeros((1, folds.absent.shape[1]), np.bool_), folds.absent])
    absent[:, -1] = not samples.has_strangers
    return np.where(absent, _ABSENT, 0.0).astype(np.float32)


def _one_ahead(see: Callable[[int], Examples], numbers: Iterable[int]) -> Iterator[Examples]:
    """Yield the examples of these epochs in turn, prefetching the next while an epoch is fitted."""
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming: Future[Examples] | None = None
        for number in numbers:
            begun = thread.submit(see, number)
            if coming is not None:
                yield coming.result()
            coming = begun
        if coming is not None:
            yield coming.result()


def _take_steps(new_layers: keras.Model, examples: Examples, folds: Folds) -> None:
    """Take a step with each batch; in every network, every class that it learns weighs the same.

    Keras' own loop costs as much for an epoch of a few hundred examples as all of its steps.
    """
    learned = folds.learned[examples.origins]
    weights = np.stack([balanced(examples.labels, examples.weights * own) for own in learned.T], axis=1)
    _, networks, classes = new_layers.output_shape
    one_hot = np.eye(classes, dtype=np.float32)[examples.labels]
    for start in range(0, len(one_hot), BATCH_SIZE):
        batch = slice(start, start + BATCH_SIZE)
        truth = np.repeat(one_hot[batch, np.newaxis], networks, axis=1)
        # Keras averages over the networks; the factor gives each the step that it would take alone.
        new_layers.train_on_batch(examples.features[batch], truth, networks * weights[batch])


def _logits(new_layers: keras.Model, inputs: NDArray[np.float32]) -> Logits:
    kernel, bias = new_layers.get_weights()
    _, networks, classes = new_layers.output_shape
    return np.asarray((inputs @ kernel + bias).reshape(-1, networks, classes))


def _held_back(logits: Logits, examples: Examples, folds: Folds) -> tuple[Logits, Labels, NDArray[np.float32]]:
    """Return the logits of each fold's network for what it holds back, with labels and weights."""
    places, numbers = np.nonzero(folds.held_back[examples.origins])
    return logits[places, numbers + 1], examples.labels[places], examples.weights[places]


def _judge(logits: Logits, labels: Labels, weights: NDArray[np.float32]) -> tuple[float, float]:
    """Return loss and accuracy of logits, `(n, classes)`; every class weighs the same."""
    likelihoods = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    shares = balanced(labels, weights)
    own = likelihoods[np.arange(len(logits)), labels]
    right = logits.argmax(axis=1) == labels
    return float(np.average(-own, weights=shares)), float(np.average(right, weights=shares))


def _cosine(done: float) -> float:
    """Decay from 1 to 0 as a cosine (Loshchilov and Hutter, 2017, arXiv:1608.03983); `done` is 0..1."""
    return (1 + math.cos(math.pi * done)) / 2

"""Fitting: ten epochs of new layers on what the frozen base sees, keeping what is better."""

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np

from services.trainer.checkpoint import Checkpoint
from services.trainer.examples import Examples, see_as_taken, see_augmented, see_validation, shuffle_together
from services.trainer.features import Features
from services.trainer.least_squares import balanced_weights, solve
from services.trainer.network import build_new_layers, set_statistics, standardised
from services.trainer.training_samples import TrainingSamples
from shared.messages import Epoch, TrainingOptions

LEARNING_RATE = 0.1
MOMENTUM = 0.9
BATCH_SIZE = 32
# Of validation; only memory bounds it.
CHECKED_AT_ONCE = 512


@dataclass(frozen=True)
class Fitted:
    """New layers with the weights of the best epoch, how every epoch went, and what the base saw of crops as taken.

    `resumed_after` is the epoch after which it went on where it had been cut short, 0 if it had not.
    """

    new_layers: keras.Model
    history: tuple[Epoch, ...]
    resumed_after: int
    validation: Examples
    as_taken: Examples


def fit(
    samples: TrainingSamples,
    features: Features,
    options: TrainingOptions,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Epoch], None],
) -> Fitted:
    """Fit new layers, and give them the weights of the epoch that was best on the validation samples.

    The loss is the squared error of the scores: with far more features than samples it leaves less to chance than
    cross-entropy, which rewards ever larger weights. They begin with the least squares solution for the samples as
    they were taken, and some of them augmented. Each epoch then sees all once more, and others of them freshly
    augmented, in small steps. Better is a higher accuracy, or the same with a lower loss. What the checkpoint holds
    is not done again; `on_epoch` hears of it all the same.
    """
    as_taken = see_as_taken(samples, features, options.seed)
    validation, copies = see_validation(samples, features, options.seed)
    checked = shuffle_together((validation, copies), (options.seed,))
    new_layers = build_new_layers(as_taken.features.shape[1], len(samples.people) + samples.has_background)
    new_layers.compile(keras.optimizers.SGD(LEARNING_RATE, MOMENTUM), _squared_error, metrics=["accuracy"])
    new_layers.optimizer.build(new_layers.trainable_variables)

    history, best_weights = checkpoint.restore(new_layers)
    resumed_after = len(history)
    for epoch in history:
        on_epoch(epoch)
    remaining = range(len(history) + 1, options.epochs + 1)
    see = functools.partial(see_augmented, samples, features, options.seed)
    for number, augmented in zip(remaining, _one_ahead(see, remaining), strict=True):
        if number == 1:
            _start(new_layers, (as_taken, augmented))
        seen = shuffle_together((as_taken, augmented), (options.seed, number))
        new_layers.optimizer.learning_rate = LEARNING_RATE * _cosine((number - 1) / options.epochs)
        loss, accuracy = _run(new_layers.train_on_batch, BATCH_SIZE, new_layers, seen)
        validation_loss, validation_accuracy = _run(new_layers.test_on_batch, CHECKED_AT_ONCE, new_layers, checked)
        before = [(epoch.validation_accuracy, -epoch.validation_loss) for epoch in history if epoch.kept]
        kept = not before or (validation_accuracy, -validation_loss) > before[-1]
        if kept:
            best_weights = new_layers.get_weights()
        epoch = Epoch(
            epoch=number,
            epochs=options.epochs,
            loss=loss,
            accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            kept=kept,
        )
        history = (*history, epoch)
        checkpoint.save(new_layers, history, best_weights)
        on_epoch(epoch)
    new_layers.set_weights(best_weights)
    return Fitted(new_layers, history, resumed_after, validation, as_taken)


def _one_ahead(see: Callable[[int], Examples], numbers: Iterable[int]) -> Iterator[Examples]:
    """See the examples of these epochs in turn, and those of the next one while an epoch is fitted."""
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming: Future[Examples] | None = None
        for number in numbers:
            begun = thread.submit(see, number)
            if coming is not None:
                yield coming.result()
            coming = begun
        if coming is not None:
            yield coming.result()


def _start(new_layers: keras.Model, parts: tuple[Examples, ...]) -> None:
    """Give the dense layer the least squares solution for these, turned from shares of samples into weights.

    Augmented ones count for the deviations: where somebody sat still, features of the samples as they were taken
    hardly vary, and those of augmented ones would be thousands of deviations away.
    """
    features = [part.features for part in parts]
    set_statistics(new_layers, features, features)
    inputs = np.concatenate([standardised(part, new_layers) for part in features])
    labels = np.concatenate([part.labels for part in parts])
    weights = balanced_weights(labels, np.concatenate([part.weights for part in parts]))
    shares, biases = solve(inputs @ inputs.T, labels, weights, new_layers.output_shape[-1])
    new_layers.get_layer("scores").set_weights([inputs.T @ shares, biases])


def _run(
    step: Callable[..., dict[str, float]], batch_size: int, new_layers: keras.Model, examples: Examples
) -> tuple[float, float]:
    """Take a step with each batch; give loss and accuracy over all. Every class weighs the same.

    Keras' own loop costs as much for an epoch of a few hundred examples as all of its steps.
    """
    one_hot = np.eye(new_layers.output_shape[-1], dtype=np.float32)[examples.labels]
    weights = balanced_weights(examples.labels, examples.weights)
    new_layers.reset_metrics()
    for first in range(0, len(one_hot), batch_size):
        batch = slice(first, first + batch_size)
        so_far = step(examples.features[batch], one_hot[batch], weights[batch], return_dict=True)
    return float(so_far["loss"]), float(so_far["accuracy"])


def _squared_error(truth: keras.KerasTensor, scores: keras.KerasTensor) -> keras.KerasTensor:
    return keras.ops.sum(keras.ops.square(truth - scores), axis=-1)


def _cosine(done: float) -> float:
    """Fall from 1 to 0 as a cosine does (Loshchilov and Hutter, 2017, arXiv:1608.03983)."""
    return (1 + math.cos(math.pi * done)) / 2

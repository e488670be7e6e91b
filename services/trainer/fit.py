"""Fitting: ten epochs of new layers on what the frozen base sees, keeping what is better."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

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
    they were taken, and mirrored. Each epoch then sees those once more, and a part of them freshly augmented, in
    small steps. Better is a higher accuracy, or the same with a lower loss. What the checkpoint holds is not done
    again; `on_epoch` hears of it all the same.
    """
    as_taken, mirrored = see_as_taken(samples, features, options.seed)
    validation, copies = see_validation(samples, features, options.seed)
    checked = shuffle_together((validation, copies), (options.seed,))
    new_layers = build_new_layers(as_taken.features.shape[1], len(samples.people) + samples.has_background)
    new_layers.compile(
        keras.optimizers.SGD(LEARNING_RATE, MOMENTUM),
        _squared_error,
        metrics=["accuracy"],
    )
    new_layers.optimizer.build(new_layers.trainable_variables)

    history, best_weights = checkpoint.restore(new_layers)
    resumed_after = len(history)
    for epoch in history:
        on_epoch(epoch)
    for number in range(len(history) + 1, options.epochs + 1):
        augmented = see_augmented(samples, features, options.seed, number)
        if number == 1:
            _start(new_layers, (as_taken, mirrored), augmented)
        seen = shuffle_together((as_taken, mirrored, augmented), (options.seed, number))
        new_layers.optimizer.learning_rate = LEARNING_RATE * _cosine((number - 1) / options.epochs)
        fitted = _fit_epoch(new_layers, seen, checked)
        kept = _is_better(fitted, history)
        if kept:
            best_weights = new_layers.get_weights()
        history = (*history, _epoch(number, options.epochs, fitted, kept=kept))
        checkpoint.save(new_layers, history, best_weights)
        on_epoch(history[-1])
    new_layers.set_weights(best_weights)
    return Fitted(new_layers, history, resumed_after, validation, as_taken)


def score(new_layers: keras.Model, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores, `(n, classes)`, that the new layers give to features; n may be 0."""
    if not len(features):
        return np.empty((0, new_layers.output_shape[-1]), np.float32)
    answer: NDArray[np.float32] = new_layers.predict(features, batch_size=256, verbose=0)
    return answer


def _start(new_layers: keras.Model, given: tuple[Examples, ...], augmented: Examples) -> None:
    """Give the dense layer the least squares solution for these, turned from shares of samples into weights.

    The augmented ones count for the deviations: where somebody sat still, features of the samples as they were taken
    hardly vary, and those of augmented ones would be thousands of deviations away.
    """
    features = [part.features for part in given]
    set_statistics(new_layers, features, [*features, augmented.features])
    inputs = np.concatenate([standardised(part, new_layers) for part in features])
    labels = np.concatenate([part.labels for part in given])
    weights = balanced_weights(labels, np.concatenate([part.weights for part in given]))
    shares, biases = solve(inputs @ inputs.T, labels, weights, new_layers.output_shape[-1])
    new_layers.layers[-1].set_weights([inputs.T @ shares, biases])


def _fit_epoch(new_layers: keras.Model, seen: Examples, validation: Examples) -> dict[str, float]:
    """Fit one epoch; every class weighs the same, whoever has how many samples."""
    one_hot = np.eye(new_layers.output_shape[-1], dtype=np.float32)
    fitted = new_layers.fit(
        seen.features,
        one_hot[seen.labels],
        BATCH_SIZE,
        shuffle=False,
        sample_weight=balanced_weights(seen.labels, seen.weights),
        validation_data=(validation.features, one_hot[validation.labels]),
        verbose=0,
    ).history
    return {name: values[0] for name, values in fitted.items()}


def _squared_error(truth: keras.KerasTensor, scores: keras.KerasTensor) -> keras.KerasTensor:
    return keras.ops.sum(keras.ops.square(truth - scores), axis=-1)


def _cosine(done: float) -> float:
    """Fall from 1 to 0 as a cosine does (Loshchilov and Hutter, 2017, arXiv:1608.03983)."""
    return (1 + math.cos(math.pi * done)) / 2


def _is_better(fitted: dict[str, float], history: tuple[Epoch, ...]) -> bool:
    kept = [(epoch.validation_accuracy, -epoch.validation_loss) for epoch in history if epoch.kept]
    return not kept or (fitted["val_accuracy"], -fitted["val_loss"]) > kept[-1]


def _epoch(number: int, epochs: int, fitted: dict[str, float], *, kept: bool) -> Epoch:
    return Epoch(
        epoch=number,
        epochs=epochs,
        loss=fitted["loss"],
        accuracy=fitted["accuracy"],
        validation_loss=fitted["val_loss"],
        validation_accuracy=fitted["val_accuracy"],
        kept=kept,
    )

"""The verb: train. From samples to the two files of a model version, and what can be said of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from services.trainer.augment import augment
from services.trainer.evaluate import calibrate_threshold, evaluate, recall_by_person
from services.trainer.export import export
from services.trainer.features import Features
from services.trainer.network import build_new_layers, cut_base, describe_layers, join
from services.trainer.pretrained_weights import load_base
from services.trainer.training_samples import Labels, TrainingSamples
from shared.images import Image
from shared.manifest import Layer, Metrics, Weights
from shared.messages import Epoch, TrainingOptions

LEARNING_RATE = 1e-3
# Small batches and repeated samples make many steps of an epoch: the first may be the one that is kept, and
# after a few steps a network is right but not sure.
BATCH_SIZE = 8
FEWEST_CROPS_AN_EPOCH = 320
# A handful of validation samples is soon answered without a mistake, and then accuracy cannot rise. Augmented
# copies keep it telling, and show the confidence that a face still gets in worse light.
VALIDATION_COPIES = 4
COMPARED_CROPS = 16

Examples = tuple[NDArray[np.float32], Labels]


@dataclass(frozen=True)
class Training:
    """What a training gave, beside its files; `recall` is in the order of the people."""

    history: tuple[Epoch, ...]
    threshold: float
    metrics: Metrics
    recall: tuple[float | None, ...]
    weights: Weights
    layers: tuple[Layer, ...]
    largest_difference: float


def train(
    samples: TrainingSamples,
    options: TrainingOptions,
    weights: str,
    folder: Path,
    on_epoch: Callable[[Epoch], None],
) -> Training:
    """Teach new layers on a frozen MobileNet to tell the people apart, and write both files into the folder.

    `weights` is as in `load_base`; `on_epoch` hears of each epoch when it is over. The same samples, options
    and machine give the same network.

    Raises:
        WeightsUnavailable: the weights of the frozen base cannot be had.
        BrokenExport: the exported network does not answer as the trained one does.
    """
    keras.utils.set_random_seed(options.seed)
    base, record = load_base(weights, options.base_width, samples.train_images)
    frozen = cut_base(base)
    new_layers = build_new_layers(frozen.output_shape[1:], len(samples.people))

    with Features(frozen) as features:
        validation = _validation_examples(samples, features, options.seed)
        history = _fit(new_layers, samples, features, validation, options, on_epoch)
        test_features = features(samples.test_images)
    threshold = calibrate_threshold(_answer(new_layers, validation[0]), validation[1])
    answers = _answer(new_layers, test_features)

    model = join(frozen, new_layers)
    every = math.ceil(len(samples.validation_images) / COMPARED_CROPS)
    difference = export(model, folder, samples.validation_images[::every])
    return Training(
        history=history,
        threshold=threshold,
        metrics=evaluate(answers, samples.test_labels, threshold),
        recall=recall_by_person(answers, samples.test_labels, threshold),
        weights=record,
        layers=describe_layers(model),
        largest_difference=difference,
    )


def _fit(
    new_layers: keras.Model,
    samples: TrainingSamples,
    features: Features,
    validation: Examples,
    options: TrainingOptions,
    on_epoch: Callable[[Epoch], None],
) -> tuple[Epoch, ...]:
    """Fit the new layers, and leave them with the weights of the epoch that was kept last.

    Each epoch sees every train sample, augmented afresh: once, or where they are few several times.
    """
    new_layers.compile(keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    repeats = math.ceil(FEWEST_CROPS_AN_EPOCH / len(samples.train_labels))
    images, labels = np.repeat(samples.train_images, repeats, axis=0), np.repeat(samples.train_labels, repeats)
    history: list[Epoch] = []
    best = -1.0
    for number in range(1, options.epochs + 1):
        crops = features(_augmented(images, options.seed, number))
        fitted = new_layers.fit(crops, labels, BATCH_SIZE, validation_data=validation, verbose=0).history
        kept = fitted["val_accuracy"][0] > best
        if kept:
            best = fitted["val_accuracy"][0]
            best_weights = new_layers.get_weights()
        history.append(_epoch(number, options.epochs, fitted, kept=kept))
        on_epoch(history[-1])
    new_layers.set_weights(best_weights)
    return tuple(history)


def _epoch(number: int, epochs: int, fitted: dict[str, list[float]], *, kept: bool) -> Epoch:
    return Epoch(
        epoch=number,
        epochs=epochs,
        loss=fitted["loss"][0],
        accuracy=fitted["accuracy"][0],
        validation_loss=fitted["val_loss"][0],
        validation_accuracy=fitted["val_accuracy"][0],
        kept=kept,
    )


def _validation_examples(samples: TrainingSamples, features: Features, seed: int) -> Examples:
    """Compute the features of the validation samples and of their augmented copies, the same for all epochs."""
    copies = [_augmented(samples.validation_images, seed, 0, copy) for copy in range(VALIDATION_COPIES)]
    images = np.concatenate([samples.validation_images, *copies])
    return features(images), np.tile(samples.validation_labels, VALIDATION_COPIES + 1)


def _augmented(images: Image, *seeds: int) -> Image:
    random = np.random.default_rng(seeds)
    return np.stack([augment(image, random) for image in images])


def _answer(new_layers: keras.Model, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities, `(n, people)`, that the new layers give to features; n may be 0."""
    if not len(features):
        return np.empty((0, new_layers.output_shape[-1]), np.float32)
    answer: NDArray[np.float32] = new_layers.predict(features, verbose=0)
    return answer

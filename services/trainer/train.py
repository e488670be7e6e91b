"""The verb: train. From samples to the two files of a model version, and what can be said of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from services.trainer.checkpoint import Checkpoint, fingerprint_of
from services.trainer.evaluate import Probabilities, evaluate, recall_by_person
from services.trainer.export import export
from services.trainer.features import Features
from services.trainer.fit import fit, score
from services.trainer.leave_one_out import confidences_when_left_out
from services.trainer.network import cut_base, describe_layers, join, probabilities, standardised
from services.trainer.pretrained_weights import load_base
from services.trainer.threshold import calibrate_threshold
from services.trainer.training_samples import TrainingSamples
from shared.manifest import Layer, Metrics, Weights
from shared.messages import Epoch, TrainingOptions

COMPARED_CROPS = 16


@dataclass(frozen=True)
class Training:
    """What a training gave, beside its files; `recall` is in the order of the people.

    `test_answers` and `stranger_answers` are the probabilities, `(n, people)`, of the test samples and of the
    strangers that were held back. `resumed_after` is as in `services.trainer.fit.Fitted`.
    """

    history: tuple[Epoch, ...]
    resumed_after: int
    threshold: float
    metrics: Metrics
    recall: tuple[float | None, ...]
    weights: Weights
    layers: tuple[Layer, ...]
    largest_difference: float
    test_answers: Probabilities
    stranger_answers: Probabilities


def train(
    samples: TrainingSamples,
    options: TrainingOptions,
    weights: str,
    folder: Path,
    on_epoch: Callable[[Epoch], None],
    checkpoint: Path | None = None,
) -> Training:
    """Teach new layers on a frozen MobileNet to tell the people apart, and write both files into the folder.

    `weights` is as in `load_base`; `on_epoch` hears of each epoch when it is over. `checkpoint` is the file
    that is replaced after each epoch, and from which a training that was cut short goes on. The same samples,
    options and machine give the same network.

    Raises:
        WeightsUnavailable: the weights of the frozen base cannot be had.
        BrokenExport: the exported network does not answer as the trained one does.
    """
    keras.utils.set_random_seed(options.seed)
    base, record = load_base(weights, options.base_width, samples.train_images)
    frozen = cut_base(base)
    people = len(samples.people)
    with Features(frozen) as features:
        state = Checkpoint(checkpoint, fingerprint_of(samples, options, f"{record}"))
        fitted = fit(samples, features, options, state, on_epoch)
        new_layers = fitted.new_layers
        answers, of_strangers, of_validation = (
            probabilities(score(new_layers, seen), people)
            for seen in (
                features(samples.test_images),
                features(samples.background.test_images),
                fitted.validation.features,
            )
        )
    as_taken = standardised(fitted.as_taken.features, new_layers)
    left_out = confidences_when_left_out(as_taken, fitted.as_taken.labels, people)
    threshold = calibrate_threshold(of_validation, fitted.validation.labels, left_out)
    model = join(frozen, new_layers, people)
    every = math.ceil(len(samples.validation_images) / COMPARED_CROPS)
    difference = export(model, folder, samples.validation_images[::every])
    return Training(
        history=fitted.history,
        resumed_after=fitted.resumed_after,
        threshold=threshold,
        metrics=evaluate(answers, samples.test_labels, of_strangers, threshold),
        recall=recall_by_person(answers, samples.test_labels, threshold),
        weights=record,
        layers=describe_layers(model),
        largest_difference=difference,
        test_answers=answers,
        stranger_answers=of_strangers,
    )

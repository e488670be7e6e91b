"""The verb: train. From samples to the two files of a model version, and what can be said of them."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import keras

from services.trainer.checkpoint import Checkpoint, fingerprint_of
from services.trainer.evaluate import Probabilities, evaluate, recall_by_person
from services.trainer.export import export
from services.trainer.features import Features
from services.trainer.fit import fit
from services.trainer.golden import write_golden_samples
from services.trainer.leave_one_out import confidences_when_left_out
from services.trainer.litert import to_litert, with_weights
from services.trainer.network import (
    LOGITS,
    build_network,
    describe_layers,
    fold,
    probabilities,
    standardised,
    with_features,
)
from services.trainer.pretrained_weights import load_base
from services.trainer.serving_format import choose_format
from services.trainer.threshold import calibrate_threshold
from services.trainer.training_samples import TrainingSamples
from shared.manifest import GoldenSample, Layer, Metrics, ServingFormat, Weights
from shared.messages import Epoch, NumberFormat, TrainingOptions
from shared.model_store import SERVED_MODEL

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
    serving: ServingFormat
    golden: tuple[GoldenSample, ...]


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
        BrokenExport: the exported network does not answer as the trained one does, or cannot be converted.
    """
    keras.utils.set_random_seed(options.seed)
    base, record = load_base(weights, options.base_width, samples.train_images)
    people = len(samples.people)
    network = build_network(base, people, people + samples.has_background)
    converted = to_litert(with_features(network))
    with Features(converted) as features, ThreadPoolExecutor(1, "asking") as asking:
        state = Checkpoint(checkpoint, fingerprint_of(samples, options, f"{record}"))
        fitted = fit(samples, features, options, state, on_epoch)
        # Keras' share of what follows leaves most of the cores free.
        tested = asking.submit(features, samples.test_images)
        strangers = asking.submit(features, samples.background.test_images)
        kernel, bias = fold(fitted.new_layers)
        network.get_layer(LOGITS).set_weights([kernel, bias])
        every = math.ceil(len(samples.validation_images) / COMPARED_CROPS)
        served = with_weights(converted, kernel, bias)
        difference = export(network, served, folder, samples.validation_images[::every])
        answers, of_strangers, of_validation = (
            probabilities(seen @ kernel + bias, people)
            for seen in (tested.result(), strangers.result(), fitted.validation.features)
        )
    as_taken = standardised(fitted.as_taken.features, fitted.new_layers)
    left_out = confidences_when_left_out(as_taken, fitted.as_taken.labels, people)
    threshold = calibrate_threshold(of_validation, fitted.validation.labels, left_out)
    serving = ServingFormat()
    if options.serving is NumberFormat.INT8:
        served, serving = choose_format(network, served, answers, samples, threshold)
        (folder / SERVED_MODEL).write_bytes(served)
    return Training(
        history=fitted.history,
        resumed_after=fitted.resumed_after,
        threshold=threshold,
        metrics=evaluate(answers, samples.test_labels, of_strangers, threshold),
        recall=recall_by_person(answers, samples.test_labels, threshold),
        weights=record,
        layers=describe_layers(network),
        largest_difference=difference,
        test_answers=answers,
        stranger_answers=of_strangers,
        serving=serving,
        golden=write_golden_samples(samples.validation_images, served, folder),
    )

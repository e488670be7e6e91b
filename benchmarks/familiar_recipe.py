"""Familiar's own trainer, called as its job calls it, and answers from the file that is served."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.experiment import Indexes
from benchmarks.gallery import Gallery
from benchmarks.rates import Probabilities
from benchmarks.recipe import Enrolled, Recognizer, joined
from services.trainer.background import split_background
from services.trainer.litert import LiteRTNetwork
from services.trainer.train import train
from services.trainer.training_samples import VALIDATION_SHARE, split_by_time
from shared.images import Image, to_model_input
from shared.lending_pool import Pool
from shared.messages import TrainingOptions
from shared.model_store import SERVED_MODEL


class FamiliarNetwork:
    """A network that Familiar's trainer has written, in as many copies as there are cores."""

    def __init__(self, converted: bytes, people: int, threshold: float) -> None:
        """Load the bytes of a `model.tflite` that knows so many people."""
        cores = os.cpu_count() or 1
        self._people = people
        self._networks = Pool(LiteRTNetwork(converted) for _ in range(cores))
        self._threads = cores
        self.threshold = threshold

    def answer(self, images: Sequence[Image]) -> Probabilities:
        """Give the people's probabilities, `(n, people)`, for model inputs; other classes are left away."""
        with ThreadPoolExecutor(self._threads) as threads:
            return np.stack(list(threads.map(self.answer_one, images)))[:, : self._people]

    def answer_one(self, image: Image) -> Probabilities:
        """Give everything that the network answers to one model input."""
        with self._networks.lend() as network:
            return network(image)


class FamiliarRecipe:
    """Familiar's trainer on faces of a gallery, with its background."""

    def __init__(self, gallery: Gallery, weights: str, epochs: int) -> None:
        """Turn all crops into model inputs."""
        self._inputs = [to_model_input(crop) for crop in gallery.crops]
        self._background = self._at(gallery.background)
        self._weights = weights
        self._epochs = epochs

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:
        """Train a version on these people."""
        train = {name: self._at(indexes) for name, indexes in joined(enrolled).items()}
        options = TrainingOptions(epochs=self._epochs, seed=seed)
        network = teach_familiar(train, {}, self._background, options, self._weights)
        return Recognizer(lambda indexes: network.answer(self._at(indexes)), network.threshold)

    def _at(self, indexes: Indexes) -> list[Image]:
        return [self._inputs[index] for index in indexes]


def teach_familiar(
    train_inputs: Mapping[str, Sequence[Image]],
    test_inputs: Mapping[str, Sequence[Image]],
    background: Sequence[Image],
    options: TrainingOptions,
    weights: str,
) -> FamiliarNetwork:
    """Train on model inputs by person, and load the version's file.

    Raises:
        TooFewPeople, TooFewSamples: see `services.trainer.training_samples.split_by_time`.
        WeightsUnavailable, BrokenExport: see `services.trainer.train.train`.
    """
    samples = split_by_time(train_inputs, test_inputs, split_background(background))
    with TemporaryDirectory() as folder:
        training = train(samples, options, weights, Path(folder), lambda _: None)
        converted = (Path(folder) / SERVED_MODEL).read_bytes()
    return FamiliarNetwork(converted, len(samples.people), training.threshold)


def validation_count(samples: int) -> int:
    """Say how many of a person's last samples the trainer keeps back for validation."""
    return max(1, round(samples * VALIDATION_SHARE))

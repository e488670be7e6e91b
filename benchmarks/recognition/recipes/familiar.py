"""Familiar's own trainer, called as by its job, and answers from the served file."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.recognition.experiment import Indexes
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.rates import Probabilities
from benchmarks.recognition.recipe import Enrolled, Recognizer, joined
from familiar.services.trainer.data.split_samples import Sessions, TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.services.trainer.network.landmarks import open_input, read_landmarks
from familiar.services.trainer.network.litert import LiteRTNetwork
from familiar.services.trainer.train import train
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.stores.models import SERVED_MODEL
from familiar.shared.vision.images import Image


class FamiliarNetwork:
    """A network written by Familiar's trainer, with one interpreter per core."""

    def __init__(self, converted: bytes, people: int, threshold: float, track_threshold: float) -> None:
        """Load the bytes of a `model.tflite` that knows `people` people."""
        cores = os.cpu_count() or 1
        self._people = people
        self._networks = Pool(LiteRTNetwork(converted) for _ in range(cores))
        self._threads = cores
        self.threshold, self.track_threshold = threshold, track_threshold

    def answer(self, images: Sequence[Image]) -> Probabilities:
        """Return the people's probabilities, `(n, people)`, for model inputs, without other classes."""
        with ThreadPoolExecutor(self._threads) as threads:
            return np.stack(list(threads.map(self.answer_one, images)))[:, : self._people]

    def answer_one(self, image: Image) -> Probabilities:
        """Return the network's whole output for one model input."""
        with self._networks.lend() as network:
            return network(image)


class FamiliarRecipe:
    """The recipe of Familiar's trainer on the faces of a gallery, with its strangers to learn from."""

    def __init__(self, gallery: Gallery, weights: str, epochs: int) -> None:
        """Convert all crops to model inputs."""
        to_input = open_input(read_landmarks())
        self._inputs = [to_input(crop) for crop in gallery.crops]
        self._strangers = self._at(gallery.learned_strangers)
        self._weights = weights
        self._epochs = epochs

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:
        """Train a version on these people."""
        train = {name: self._at(indexes) for name, indexes in joined(enrolled).items()}
        sessions = Sessions(
            train={name: [n for n, own in enumerate(parts) for _ in own] for name, parts in enrolled.items()},
            test={},
            days={name: len(parts) for name, parts in enrolled.items()},
        )
        options = TrainingOptions(epochs=self._epochs, seed=seed)
        samples = split_by_time(train, {}, split_strangers(self._strangers), sessions)
        network = teach_familiar(samples, options, self._weights)
        return Recognizer(lambda indexes: network.answer(self._at(indexes)), network.threshold, network.track_threshold)

    def _at(self, indexes: Indexes) -> list[Image]:
        return [self._inputs[index] for index in indexes]


def teach_familiar(samples: TrainingSamples, options: TrainingOptions, weights: str) -> FamiliarNetwork:
    """Train on model inputs, and load the resulting file.

    Raises:
        WeightsUnavailable, BrokenExport: see `familiar.services.trainer.train.train`.
    """
    with TemporaryDirectory() as folder:
        training = train(samples, options, weights, Path(folder), lambda _: None)
        converted = (Path(folder) / SERVED_MODEL).read_bytes()
    return FamiliarNetwork(converted, len(samples.people), training.threshold, training.track_threshold)

"""Comparison of a candidate with the served version on the same images, for the gate."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.services.trainer.judge.evaluate import Probabilities
from familiar.services.trainer.judge.gate import Answers, Names, judge, names_given
from familiar.services.trainer.network.litert import LiteRTNetwork
from familiar.shared.contract.errors import BrokenModel, UnknownModel
from familiar.shared.contract.manifest import Gate
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.vision.images import Image, resize_square


@dataclass(frozen=True)
class Contender:
    """Version in a comparison: its LiteRT model, the people of its outputs in order, and its threshold.

    `aligned` says that its model inputs are aligned faces.
    """

    model: bytes
    people: tuple[str, ...]
    threshold: float
    aligned: bool

    def names(self, images: Image) -> Names:
        """Return the name for each RGB image, `(n, size, size, 3)`, `uint8`; n may be 0.

        Raises:
            BrokenModel: the bytes are no model, or it has fewer outputs than there are people.
        """
        parts = np.array_split(images, os.cpu_count() or 1)
        with ThreadPoolExecutor(len(parts)) as threads:
            probabilities = np.concatenate(list(threads.map(self._answer, parts)))
        return names_given(probabilities, self.people, self.threshold)

    def _answer(self, images: Image) -> Probabilities:
        try:
            network = LiteRTNetwork(self.model)
        except (ValueError, RuntimeError) as error:
            raise BrokenModel(f"{SERVED_MODEL} cannot be loaded: {error}") from error
        if network.outputs < len(self.people):
            raise BrokenModel(
                f"{SERVED_MODEL} answers for {network.outputs} people, its manifest names {len(self.people)}."
            )
        answers = [network(resize_square(image, network.input_size)) for image in images]
        return np.array(answers, np.float32).reshape(-1, network.outputs)


def compare(
    models: ModelStore, candidate: Contender, samples: TrainingSamples, strangers: Image, *, force: bool
) -> Gate:
    """Compare the candidate with the served version on the same faces, and return the gate's verdict.

    They are the test samples of people that both know, and `strangers`, `(m, size, size, 3)`, RGB, `uint8`, that the
    candidate was not trained on; m may be 0. A served version that is broken, is being deleted, or takes faces aligned
    where the candidate does not, or the other way round, is no obstacle: the gate says so, and accepts.
    """
    version = models.current()
    if version is None:
        return Gate(accepted=True, reason="There was no version to compare with.")
    try:
        served = _load(models, version)
        if served.aligned != candidate.aligned:
            return Gate(accepted=True, reason=_otherwise_aligned(version, served_is_aligned=served.aligned))
        asked = np.isin(samples.test_labels, [samples.people.index(slug) for slug in _common(candidate, served)])
        images = samples.test_images[asked]
        by_served = Answers(served.names(images), served.names(strangers))
    except (BrokenModel, UnknownModel, FileNotFoundError) as error:
        return Gate(accepted=True, reason=f"Version {version}, which was served, cannot be compared with: {error}")
    truth = np.array(samples.people)[samples.test_labels[asked]]
    by_candidate = Answers(candidate.names(images), candidate.names(strangers))
    return judge(truth, by_candidate, by_served, version, force=force)


def _load(models: ModelStore, version: int) -> Contender:
    stored = models.open(version)
    people = tuple(person.slug for person in stored.manifest.people)
    model = stored.paths[SERVED_MODEL].read_bytes()
    return Contender(model, people, stored.manifest.threshold, LANDMARKS in stored.paths)


def _otherwise_aligned(version: int, *, served_is_aligned: bool) -> str:
    takes = (
        "aligned faces, this one takes faces that are not aligned"
        if served_is_aligned
        else "faces that are not aligned, this one takes aligned ones"
    )
    return f"Version {version} takes {takes}: they cannot be compared on the same pictures."


def _common(candidate: Contender, served: Contender) -> list[str]:
    return [slug for slug in candidate.people if slug in served.people]

"""One loaded model version: everything needed to name faces, immutable."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from familiar.shared.contract.errors import BrokenModel, ImageTooLarge, UnreadableImage
from familiar.shared.contract.manifest import GOLDEN_DIFFERENCE, Manifest
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.vision.align import Aligner
from familiar.shared.vision.images import MODEL_INPUT_SIZE, Image, decode_image, to_model_input

Confidences = NDArray[np.float32]
# Called between the steps of loading, to yield the CPU to requests.
Rest = Callable[[], None]


def _no_rest() -> None:
    """Do not pause."""


class _Network(NamedTuple):
    """An interpreter with the indices and sizes of its one input and output, as looking them up per face is slow."""

    interpreter: Interpreter
    input_index: int
    input_size: int
    output_index: int
    output_size: int


class Predictor:
    """People, threshold and network of a version; thread-safe.

    Each face is inferred by itself, those at hand in parallel: for this network a batch takes as long as its faces one
    by one (docs/decisions/10-serving.md), so batching would only add latency.
    """

    def __init__(
        self,
        manifest: Manifest,
        model: bytes,
        golden: Sequence[Image] = (),
        landmarks: bytes | None = None,
        *,
        rest: Rest = _no_rest,
    ) -> None:
        """Load the LiteRT model once per core, and warm it up.

        `golden` are the images of the manifest's golden samples, BGR, in their order: model inputs already. With the
        network `landmarks`, faces are aligned; without it they are taken as they are. `rest` is called between steps.

        Raises:
            BrokenModel: the bytes are not a model, one that does not fit its manifest or its landmarks, or one that
                answers to the golden samples otherwise than on export.
        """
        self.manifest = manifest
        self.version = manifest.version
        self.people = tuple(person.slug for person in manifest.people)
        cores = os.cpu_count() or 1
        try:
            # Interpreters are not thread-safe; a pool of single-threaded ones is faster than a multi-threaded one.
            networks = [_load(model, rest) for _ in range(cores)]
        except (ValueError, RuntimeError) as error:
            raise BrokenModel(f"{SERVED_MODEL} of model version {self.version} cannot be loaded: {error}") from error
        self._require_people(networks[0].output_size)
        # The size is the network's: older versions may have another one.
        self._input_size = networks[0].input_size
        self._require_size(golden, aligned=landmarks is not None)
        self._aligner = Aligner(landmarks) if landmarks is not None else None
        self._networks = Pool(networks)
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix=f"model-{self.version}")
        if not golden:
            self._ask(np.zeros((self._input_size, self._input_size, 3), np.uint8))
        self._compare(golden, rest)

    def confidences(self, crops: Sequence[Image]) -> Confidences:
        """Return the confidence in each person for each crop: `(len(crops), len(people))`, `float32`.

        Where the version learned from strangers, what a row lacks to 1 is the probability of nobody.
        """
        if len(crops) == 1:
            return self._answer(crops[0])[np.newaxis]
        answers = list(self._threads.map(self._answer, crops))
        return np.stack(answers) if answers else np.empty((0, len(self.people)), np.float32)

    def _require_people(self, outputs: int) -> None:
        if outputs != len(self.people):
            raise BrokenModel(
                f"{SERVED_MODEL} of model version {self.version} answers for {outputs} people, "
                f"its manifest names {len(self.people)}."
            )
        if any(len(sample.confidences) != len(self.people) for sample in self.manifest.golden):
            raise BrokenModel(f"The golden samples of model version {self.version} have answers for other people.")

    def _require_size(self, golden: Sequence[Image], *, aligned: bool) -> None:
        size = self._input_size
        if aligned and size != MODEL_INPUT_SIZE:
            raise BrokenModel(
                f"{SERVED_MODEL} of model version {self.version} takes faces of {size} pixels, aligned ones have "
                f"{MODEL_INPUT_SIZE}."
            )
        if any(image.shape[:2] != (size, size) for image in golden):
            raise BrokenModel(f"The golden samples of model version {self.version} are not of {size} pixels.")

    def _compare(self, golden: Sequence[Image], rest: Rest) -> None:
        # Sequentially, in the loading thread: requests to the serving version need the other cores.
        for sample, image in zip(self.manifest.golden, golden, strict=True):
            rest()
            answer = self._ask(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False))
            difference = float(np.abs(answer - np.array(sample.confidences)).max())
            # Negated, so that NaN fails, too.
            if not difference <= GOLDEN_DIFFERENCE:
                raise BrokenModel(
                    f"Model version {self.version} answers to {sample.file} otherwise than when it was trained: a "
                    f"confidence differs by {difference:.3f}, where {GOLDEN_DIFFERENCE} is allowed. "
                    f"{BrokenModel().detail}"
                )

    def _answer(self, crop: Image) -> Confidences:
        return self._ask(self._aligner(crop) if self._aligner else to_model_input(crop, self._input_size))

    def _ask(self, image: Image) -> Confidences:
        """Return a network's answer to a model input, RGB."""
        with self._networks.lend() as network:
            network.interpreter.set_tensor(network.input_index, image[np.newaxis].astype(np.float32))
            network.interpreter.invoke()
            return np.asarray(network.interpreter.get_tensor(network.output_index)[0], np.float32)


def _load(model: bytes, rest: Rest) -> _Network:
    rest()
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    (pixels,) = interpreter.get_input_details()
    (people,) = interpreter.get_output_details()
    return _Network(interpreter, pixels["index"], int(pixels["shape"][1]), people["index"], int(people["shape"][-1]))


def load_predictor(store: ModelStore, version: int, rest: Rest = _no_rest) -> Predictor:
    """Load a version from the store, and verify its files' hashes; `rest` is called between steps.

    Raises:
        UnknownModel: there is no such version.
        BrokenModel: a file is missing, damaged, or does not fit the manifest.
    """
    stored = store.open(version)
    manifest, paths = stored.manifest, stored.paths
    try:
        golden = [decode_image(paths[sample.file].read_bytes()) for sample in manifest.golden]
    except (KeyError, UnreadableImage, ImageTooLarge) as error:
        raise BrokenModel(f"The golden samples of model version {version} cannot be read: {error}") from error
    landmarks = paths[LANDMARKS].read_bytes() if LANDMARKS in paths else None
    return Predictor(manifest, paths[SERVED_MODEL].read_bytes(), golden, landmarks, rest=rest)

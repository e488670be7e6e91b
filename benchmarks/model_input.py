"""From the crop of a face to a version's model input, as inference does it."""

from collections.abc import Callable
from pathlib import Path

from shared.align import load_aligner
from shared.images import Image, to_model_input
from shared.model_store import LANDMARKS


def model_input_of(version: Path) -> Callable[[Image], Image]:
    """Give what turns crops into model inputs of the version in a folder: aligned where it has landmarks.

    Raises:
        BrokenModel: its landmarks cannot be loaded.
    """
    landmarks = version / LANDMARKS
    return load_aligner(landmarks if landmarks.exists() else None) or to_model_input

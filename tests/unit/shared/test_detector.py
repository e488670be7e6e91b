"""The setting that chooses the detector."""

from pathlib import Path

import pytest

from familiar.shared.contract.errors import DetectorFailed
from familiar.shared.vision.detector import HaarDetector, open_detector


def test_without_a_model_it_is_the_haar_cascade() -> None:
    """Which comes with OpenCV."""
    assert isinstance(open_detector(None), HaarDetector)


def test_a_model_that_is_not_there_is_named() -> None:
    """With the setting that has to be mended."""
    with pytest.raises(DetectorFailed, match=r"no file '/nowhere/yunet\.onnx'.*FAMILIAR_YUNET"):
        open_detector(Path("/nowhere/yunet.onnx"))


def test_a_file_that_is_no_model_is_named() -> None:
    """This one is Python."""
    with pytest.raises(DetectorFailed, match=r"test_detector\.py' cannot be loaded.*FAMILIAR_YUNET"):
        open_detector(Path(__file__))

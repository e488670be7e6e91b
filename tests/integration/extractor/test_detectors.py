"""Which detector a frame gets, from the first second on."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.live.detector import LiveDetector
from familiar.shared.contract.errors import DetectorFailed
from familiar.shared.contract.messages import Frame
from familiar.shared.vision.detector import HaarDetector

COMPILED_WITHIN_SECONDS = 60


def frame(camera: str, *, live: bool = True) -> Frame:
    """Give a frame of a camera."""
    return Frame(frame_id="1", camera=camera, captured_at=datetime.now(UTC), width=64, height=64, live=live)


@pytest.fixture(scope="module")
def detectors() -> Detectors:
    """Give detectors of which the live ones are ready."""
    detectors = Detectors(None)
    until = time.monotonic() + COMPILED_WITHIN_SECONDS
    while isinstance(detectors.for_frame(frame("door")), HaarDetector):
        assert time.monotonic() < until
        time.sleep(0.05)
    return detectors


def test_frames_are_searched_whole_until_live_detection_is_ready() -> None:
    """Nobody waits for it: a face is found in the first frame."""
    detectors = Detectors(None)
    assert isinstance(detectors.for_frame(frame("door")), HaarDetector)


def test_each_camera_has_a_live_detector_of_its_own(detectors: Detectors) -> None:
    """Which it keeps while it is held."""
    door, garden = detectors.for_frame(frame("door")), detectors.for_frame(frame("garden"))
    assert isinstance(door, LiveDetector)
    assert isinstance(garden, LiveDetector)
    assert door is not garden
    assert detectors.for_frame(frame("door")) is door
    detectors.keep(["garden"])
    assert detectors.for_frame(frame("door")) is not door
    assert detectors.for_frame(frame("garden")) is garden


def test_frames_of_an_enrolment_are_searched_whole(detectors: Detectors) -> None:
    """And what was seen before is no help afterwards."""
    before = detectors.for_frame(frame("door"))
    assert isinstance(detectors.for_frame(frame("door", live=False)), HaarDetector)
    assert detectors.for_frame(frame("door")) is not before


def test_a_yunet_model_that_is_not_there_is_said_at_once() -> None:
    """Before anything is compiled."""
    with pytest.raises(DetectorFailed, match="no file"):
        Detectors(Path("/nowhere/yunet.onnx"))

"""YuNet with a real model on real faces."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.detection import haar_beside_yunet
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import FoundFace, SampleRules, choose_sample, find_faces
from familiar.shared.vision.detector import SMALLEST_FACE, HaarDetector, YunetDetector
from familiar.shared.vision.images import Image, decode_image, encode_jpeg


@pytest.fixture(scope="module")
def model(real_faces: Path) -> Path:
    """Give the model's file, or skip."""
    models = sorted((real_faces / "detectors").glob("face_detection_yunet*.onnx"))
    if not models:
        pytest.skip("FAMILIAR_TEST_DATA has no detectors/face_detection_yunet*.onnx")
    return models[-1]


@pytest.fixture(scope="module")
def portraits(real_faces: Path) -> list[Image]:
    """Give portraits of strangers in which the Haar cascade finds one face."""
    paths = sorted((real_faces / "strangers").glob("*.jpg"))[:30]
    images = [decode_image(path.read_bytes()) for path in paths]
    haar = HaarDetector()
    return [image for image in images if len(haar.detect(image)) == 1]


def test_it_finds_the_faces_that_the_cascade_finds_in_the_same_places(model: Path, portraits: list[Image]) -> None:
    """Its boxes are narrower than high; the larger side, of which crops are cut, is about as long."""
    yunet, haar = YunetDetector(model), HaarDetector()
    found = 0
    for image in portraits:
        (expected,) = haar.detect(image)
        for box in yunet.detect(image):
            aside = abs(box.x + box.width / 2 - expected.x - expected.width / 2)
            side = max(box.width, box.height)
            found += aside < 0.2 * expected.width and 0.7 < side / expected.width < 1.5
    assert len(portraits) >= 20
    assert found >= 0.9 * len(portraits)


def test_what_it_finds_makes_a_sample_without_a_second_look(model: Path, portraits: list[Image]) -> None:
    """A square crop around the face."""
    detectors = Detectors(model)
    detector = YunetDetector(model)
    rules = SampleRules(smallest_face=40, least_sharpness=150)
    chosen = [choose_sample(find_faces(image, detector), rules, detectors.certainty) for image in portraits]
    samples = [face for face in chosen if isinstance(face, FoundFace)]
    assert len(samples) >= 0.9 * len(portraits)
    assert all(face.crop.shape[0] == face.crop.shape[1] for face in samples)
    assert detectors.certainty(np.zeros((52, 52, 3), np.uint8)) == 1


def test_it_finds_no_face_that_is_too_small_and_none_in_an_empty_room(model: Path, portraits: list[Image]) -> None:
    """As the cascade."""
    yunet = YunetDetector(model)
    assert yunet.detect(np.full((480, 640, 3), 90, np.uint8)) == []
    (expected,) = HaarDetector().detect(portraits[0])
    small = 30 / expected.width
    image = cv2.resize(portraits[0], None, fx=small, fy=small, interpolation=cv2.INTER_AREA).astype(np.uint8)
    assert all(min(box.width, box.height) >= SMALLEST_FACE for box in yunet.detect(image))


def test_the_benchmark_counts_boxes_that_both_have(
    model: Path, portraits: list[Image], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture with a face, and one without, in folders below each other."""
    (tmp_path / "zoe").mkdir()
    (tmp_path / "zoe" / "face.jpg").write_bytes(encode_jpeg(portraits[0]))
    (tmp_path / "wall.jpg").write_bytes(encode_jpeg(np.full((480, 640, 3), 90, np.uint8)))
    assert haar_beside_yunet.main(["--yunet", str(model), "--pictures", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:7] for line in lines[1:3]] == [
        ["haar", "2", "1", "1", "0", "1"],
        ["yunet", "2", "1", "1", "0", "1"],
    ]

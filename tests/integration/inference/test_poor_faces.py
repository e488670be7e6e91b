"""Faces that show too little to be named, in pictures and crops, with a real network."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from familiar.cli.predict import _print_faces
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.inference.http.previews import _label
from familiar.services.inference.model.face_quality import LEAST_SHARPNESS, too_poor
from familiar.services.inference.model.predict import predict_crop, predict_picture
from familiar.services.inference.model.predictor import Predictor, load_predictor
from familiar.services.inference.stream.sightings import PoorFace, SeenFace, View, see, see_poor
from familiar.shared.stores.models import ModelStore
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import cut_face, decode_image, encode_jpeg, sharpness
from tests.builders import NOON, prediction_of
from tests.colour_crops import RED, crop_of
from tests.colour_model import publish_colours

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def predictor(home: Path) -> Predictor:
    """Give a version that knows people by their colour."""
    models = ModelStore(home)
    return load_predictor(models, publish_colours(models))


def test_a_crop_is_as_large_as_its_face_and_the_margin(predictor: Predictor) -> None:
    """52 pixels are a face of 40, 51 are not."""
    crop = cv2.resize(decode_image(crop_of(RED)), (52, 52), interpolation=cv2.INTER_AREA).astype(np.uint8)
    (named,) = predict_crop(encode_jpeg(crop, 100), predictor).faces
    assert (named.person, named.reason) == ("rob", None)
    (small,) = predict_crop(encode_jpeg(crop[:51, :51], 100), predictor).faces
    assert (small.person, small.reason, small.confidence, small.candidates) == (None, "too_small", 0, ())


def test_a_plain_crop_is_too_blurred(predictor: Predictor) -> None:
    """The model would have been sure of it."""
    (face,) = predict_crop(crop_of(RED, sharp=False), predictor).faces
    assert (face.person, face.reason) == (None, "too_blurred")


def test_of_two_people_in_a_picture_only_the_blurred_one_gets_no_answer(predictor: Predictor) -> None:
    """Each keeps its own box and answer."""
    near = draw(person("zoe"), 5.0)
    image = np.hstack([near, cv2.GaussianBlur(near, (0, 0), 15)]).astype(np.uint8)
    answer = predict_picture(encode_jpeg(image), HaarDetector(), predictor)
    assert len(answer.faces) == len(answer.crops) == 2
    for face in answer.faces:
        blurred = face.box.x > near.shape[1]
        assert (face.reason == "too_blurred") == blurred
        assert bool(face.candidates) != blurred


@pytest.mark.parametrize("width", [40, 60, 90, 200])
def test_a_sharp_real_face_is_never_refused(real_faces: Path, width: int) -> None:
    """Whatever its size."""
    detector = HaarDetector()
    for path in sorted((real_faces / "strangers").glob("*.jpg"))[:12]:
        image = decode_image(path.read_bytes())
        for box in detector.detect(image)[:1]:
            side = round(width * 1.3)
            crop = cv2.resize(cut_face(image, box), (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
            assert too_poor(crop, width) is None
            assert sharpness(crop) > 5 * LEAST_SHARPNESS


def test_the_command_line_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """In the place of the name."""
    prediction = prediction_of("p", None)
    poor = prediction.faces[0].model_copy(update={"reason": "too_small", "confidence": 0, "candidates": ()})
    _print_faces(Path("a.jpg"), prediction.model_copy(update={"faces": (poor,)}))
    assert "a.jpg: too small at" in capsys.readouterr().out


def test_a_preview_says_so_until_a_face_of_the_track_is_answered() -> None:
    """Then its name stands, also over blurred faces."""
    blurred = PoorFace("t", NOON, "too_blurred")
    view = see_poor(View(camera="door"), blurred).view
    assert _label(view, "t") == "too blurred"
    view = see(view, SeenFace("f", "t", NOON, "karan", 0.9, 1)).view
    assert _label(see_poor(view, blurred).view, "t") == "karan"

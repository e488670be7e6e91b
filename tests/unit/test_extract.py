"""Which faces are in a picture, and which of them make a sample."""

import cv2
import numpy as np
import pytest

from services.capture.person_drawing import draw
from services.capture.person_looks import person
from services.extractor.extract import FoundFace, SampleRules, choose_sample, find_faces
from shared.detector import FaceDetector, HaarDetector
from shared.enrolment import Refusal
from shared.images import Image, cut_face, sharpness
from shared.messages import Box

RULES = SampleRules(smallest_face=80, least_sharpness=40)
NOISE = np.random.default_rng(0).integers(0, 256, (130, 130, 3)).astype(np.uint8)
PLAIN = np.full((130, 130, 3), 128, np.uint8)


def face(width: int = 100, crop: Image = NOISE) -> FoundFace:
    """Give a face of this width, sharp unless told otherwise."""
    return FoundFace(Box(x=0, y=0, width=width, height=width), crop)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    """Give the detector that every service uses."""
    return HaarDetector()


def test_one_sharp_face_of_the_right_size_makes_a_sample() -> None:
    """It is the face itself that is chosen."""
    only = face()
    assert choose_sample([only], RULES) is only


@pytest.mark.parametrize(
    ("faces", "refusal"),
    [
        ([], Refusal.FACE_NOT_FOUND),
        ([face(), face()], Refusal.MORE_THAN_ONE_FACE),
        ([face(width=79)], Refusal.TOO_SMALL),
        ([face(crop=PLAIN)], Refusal.BLURRED),
    ],
)
def test_every_refusal_has_its_reason(faces: list[FoundFace], refusal: Refusal) -> None:
    """The user is told what to do better."""
    assert choose_sample(faces, RULES) is refusal


def test_more_than_one_face_comes_before_too_small_and_blurred() -> None:
    """Which of the two it would be about, nobody could tell."""
    assert choose_sample([face(), face(width=40, crop=PLAIN)], RULES) is Refusal.MORE_THAN_ONE_FACE


def test_too_small_comes_before_blurred() -> None:
    """Coming nearer cures both."""
    assert choose_sample([face(width=79, crop=PLAIN)], RULES) is Refusal.TOO_SMALL


def test_what_is_exactly_wide_and_sharp_enough_makes_a_sample() -> None:
    """The rules name the least that is allowed."""
    exact = face(width=80)
    rules = SampleRules(smallest_face=80, least_sharpness=sharpness(exact.crop))
    assert choose_sample([exact], rules) is exact


def test_a_drawn_person_makes_a_sample(detector: FaceDetector) -> None:
    """The synthetic camera can enrol somebody under the rules that hold unless told otherwise."""
    faces = find_faces(draw(person("zoe"), 5.0), detector)
    assert choose_sample(faces, RULES) is faces[0]


def test_a_drawn_person_out_of_focus_is_blurred(detector: FaceDetector) -> None:
    """The face is found all the same."""
    blurred = cv2.GaussianBlur(draw(person("zoe"), 5.0), (0, 0), 6).astype(np.uint8)
    assert choose_sample(find_faces(blurred, detector), RULES) is Refusal.BLURRED


def test_two_people_are_found_largest_first(detector: FaceDetector) -> None:
    """The one who stands nearer comes first, each with the crop of their own box."""
    near = draw(person("zoe"), 5.0)
    far = cv2.resize(draw(person("karan"), 5.0), (320, 240))
    image = np.zeros((480, 960, 3), np.uint8)
    image[:, :640], image[120:360, 640:] = near, far
    first, second = find_faces(image, detector)
    assert first.box.x < 640 <= second.box.x
    assert first.box.width > second.box.width
    assert np.array_equal(second.crop, cut_face(image, second.box))


def test_an_empty_room_has_no_faces(detector: FaceDetector) -> None:
    """There is nothing to find."""
    assert find_faces(np.full((480, 640, 3), 90, np.uint8), detector) == ()


def test_a_very_large_picture_has_its_boxes_in_its_own_pixels(detector: FaceDetector) -> None:
    """It is searched smaller, and the boxes are brought back."""
    small = draw(person("zoe"), 5.0)
    (box,) = detector.detect(small)
    large = cv2.resize(small, (2560, 1920), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    (found,) = detector.detect(large)
    assert found.width == pytest.approx(4 * box.width, rel=0.15)
    assert found.x == pytest.approx(4 * box.x, rel=0.15)

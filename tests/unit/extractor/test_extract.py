"""Which faces are in a picture, and which of them make a sample."""

import cv2
import numpy as np
import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.extract import Certainty, FoundFace, SampleRules, choose_sample, find_faces
from familiar.services.extractor.sample_confirmation import SecondLook
from familiar.shared.contract.enrolment import Refusal
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import FaceDetector, HaarDetector
from familiar.shared.vision.images import Image, cut_face, sharpness

RULES = SampleRules(smallest_face=40, least_sharpness=150)
NOISE = np.random.default_rng(0).integers(0, 256, (130, 130, 3)).astype(np.uint8)
PLAIN = np.full((130, 130, 3), 128, np.uint8)


def face(width: int = 100, crop: Image = NOISE, x: int = 0) -> FoundFace:
    """Give a face of this width at this place, sharp unless told otherwise."""
    return FoundFace(Box(x=x, y=0, width=width, height=width), crop)


def sure(_: Image) -> float:
    """Take every crop for one of a face."""
    return 1.0


def sure_of(*faces: FoundFace) -> Certainty:
    """Take these for faces, the first ones more surely, and no others."""
    certainties = {id(face.crop): 1.0 + len(faces) - place for place, face in enumerate(faces)}
    return lambda crop: certainties.get(id(crop), 0.9)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    """Give the detector that every service uses."""
    return HaarDetector()


@pytest.fixture(scope="module")
def second_look() -> SecondLook:
    """Give the second look that enrolments take."""
    return SecondLook()


def test_one_sharp_face_of_the_right_size_makes_a_sample() -> None:
    """It is the face itself that is chosen."""
    only = face()
    assert choose_sample([only], RULES, sure) is only


@pytest.mark.parametrize(
    ("faces", "refusal"),
    [
        ([], Refusal.FACE_NOT_FOUND),
        ([face(), face(x=200)], Refusal.MORE_THAN_ONE_FACE),
        ([face(width=39)], Refusal.TOO_SMALL),
        ([face(crop=PLAIN)], Refusal.BLURRED),
    ],
)
def test_every_refusal_has_its_reason(faces: list[FoundFace], refusal: Refusal) -> None:
    """The user is told what to do better."""
    assert choose_sample(faces, RULES, sure) is refusal


def test_more_than_one_face_comes_before_too_small_and_blurred() -> None:
    """Which of the two it would be about, nobody could tell."""
    faces = [face(width=39), face(width=30, crop=PLAIN, x=200)]
    assert choose_sample(faces, RULES, sure) is Refusal.MORE_THAN_ONE_FACE


def test_what_the_second_look_takes_for_no_face_makes_no_sample() -> None:
    """A crest on a shirt that is all that was found would be learned as the person."""
    assert choose_sample([face()], RULES, sure_of()) is Refusal.FACE_NOT_FOUND


def test_a_sleeve_beside_a_face_is_no_second_person() -> None:
    """Also where it is as large, or larger."""
    sleeve, person_ = face(width=120, crop=NOISE[:120, :120]), face(x=200)
    assert choose_sample([sleeve, person_], RULES, sure_of(person_)) is person_


def test_a_second_face_counts_from_about_half_the_width_of_the_first_on() -> None:
    """Whoever is farther away is no reason to refuse somebody."""
    near = face(width=200)
    assert choose_sample([near, face(width=90, x=300)], RULES, sure) is Refusal.MORE_THAN_ONE_FACE
    assert choose_sample([near, face(width=89, x=300)], RULES, sure) is near


def test_somebody_far_away_is_not_taken_for_the_one_whose_face_is_not_confirmed() -> None:
    """Who turns away from the camera is not enrolled with the face of a colleague behind."""
    turned, colleague = face(width=200), face(width=80, crop=NOISE[:120, :120], x=300)
    assert choose_sample([turned, colleague], RULES, sure_of(colleague)) is Refusal.FACE_NOT_FOUND


def test_two_boxes_on_one_head_are_one_person() -> None:
    """The surer one is the sample, whichever is larger."""
    loose, tight = face(width=130, crop=NOISE[:120, :120]), face(x=20)
    assert choose_sample([loose, tight], RULES, sure_of(tight, loose)) is tight
    assert choose_sample([loose, tight], RULES, sure_of(loose, tight)) is loose


def test_two_people_in_one_picture_are_refused(detector: FaceDetector, second_look: SecondLook) -> None:
    """Also where one stands a little farther away."""
    image = np.zeros((480, 1280, 3), np.uint8)
    image[:, :640] = draw(person("zoe"), 5.0)
    image[60:420, 700:1180] = cv2.resize(draw(person("karan"), 5.0), (480, 360))
    assert choose_sample(find_faces(image, detector), RULES, second_look.certainty) is Refusal.MORE_THAN_ONE_FACE


@pytest.mark.parametrize("width", [40, 60, 90, 250])
def test_the_second_look_knows_a_face_of_any_size(detector: FaceDetector, second_look: SecondLook, width: int) -> None:
    """Of the smallest that is enrolled, too; noise and a plain wall are none."""
    (found,) = find_faces(draw(person("zoe"), 5.0), detector)
    side = round(width * 1.3)
    crop = cv2.resize(found.crop, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
    assert second_look.certainty(crop) > 1
    assert second_look.certainty(NOISE[:side, :side]) == second_look.certainty(PLAIN[:side, :side]) == 0


def test_too_small_comes_before_blurred() -> None:
    """Coming nearer cures both."""
    assert choose_sample([face(width=39, crop=PLAIN)], RULES, sure) is Refusal.TOO_SMALL


def test_what_is_exactly_wide_and_sharp_enough_makes_a_sample() -> None:
    """The rules name the least that is allowed."""
    exact = face(width=40)
    rules = SampleRules(smallest_face=40, least_sharpness=sharpness(exact.crop))
    assert choose_sample([exact], rules, sure) is exact


def test_a_drawn_person_makes_a_sample(detector: FaceDetector, second_look: SecondLook) -> None:
    """The synthetic camera can enrol somebody under the rules that hold unless told otherwise."""
    faces = find_faces(draw(person("zoe"), 5.0), detector)
    assert choose_sample(faces, RULES, second_look.certainty) is faces[0]


def test_a_drawn_person_out_of_focus_is_blurred(detector: FaceDetector, second_look: SecondLook) -> None:
    """The face is found all the same."""
    blurred = cv2.GaussianBlur(draw(person("zoe"), 5.0), (0, 0), 6).astype(np.uint8)
    assert choose_sample(find_faces(blurred, detector), RULES, second_look.certainty) is Refusal.BLURRED


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

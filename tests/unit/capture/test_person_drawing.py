"""A drawn person is steady by name, alive over time, and seen by the face detector."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person

NAMES = ("karan", "arjun", "priya", "zoe")


def _mean_difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.mean(cv2.absdiff(one, other)))


def test_a_frame_is_bgr_bytes_of_the_size_asked_for() -> None:
    """Width and height are pixels, and the array is (height, width, 3)."""
    frame = draw(person("zoe"), 1.0, width=320, height=240)
    assert frame.shape == (240, 320, 3)
    assert frame.dtype == np.uint8


def test_the_same_name_and_time_give_the_same_frame() -> None:
    """Nothing but the arguments decides the picture, noise included."""
    assert person("karan") == person("karan")
    assert np.array_equal(draw(person("karan"), 12.3), draw(person("karan"), 12.3))


def test_drawing_leaves_earlier_frames_as_they_were() -> None:
    """The room behind the person is shared between frames, and must not be painted on."""
    first = draw(person("priya"), 3.0)
    draw(person("priya"), 40.0)
    assert np.array_equal(first, draw(person("priya"), 3.0))


def test_different_names_have_different_faces() -> None:
    """The looks differ in the face itself, not only in the shirt and the room."""
    looks = {(p.skin, p.hair, p.style, p.face_width, p.eye_gap) for p in map(person, NAMES)}
    assert len(looks) == len(NAMES)


def test_consecutive_frames_at_ten_a_second_differ_beyond_the_noise() -> None:
    """Blurring takes the noise away, so what is left is the person moving and the light changing."""
    frames = [cv2.blur(draw(person("arjun"), 20 + step / 10), (9, 9)) for step in range(5)]
    for one, other in pairwise(frames):
        assert _mean_difference(np.asarray(one, np.uint8), np.asarray(other, np.uint8)) > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_the_cascade_finds_exactly_one_large_face(name: str) -> None:
    """The detector the camera uses sees the person, and nothing else in the room."""
    path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
    cascade = cv2.CascadeClassifier(str(path))
    for seconds in (5.0, 33.0, 77.0):
        gray = cv2.cvtColor(draw(person(name), seconds), cv2.COLOR_BGR2GRAY)
        boxes = cascade.detectMultiScale(gray, scaleFactor=1.1, minNeighbors=5, minSize=(40, 40))
        assert len(boxes) == 1
        assert boxes[0][2] >= 110

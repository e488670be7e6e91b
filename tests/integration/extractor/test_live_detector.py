"""Live detection on drawn people: what is found in consecutive frames, and what is not."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.live.detector import LiveDetector, compiled_searches
from familiar.services.extractor.live.parallel_search import PyramidSearches
from familiar.services.extractor.tracks import overlap
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import Image

FRAMES_PER_SECOND = 10


@pytest.fixture(scope="module")
def searches() -> PyramidSearches:
    """Give searches that cameras share."""
    return compiled_searches()


@pytest.fixture
def detector(searches: PyramidSearches) -> LiveDetector:
    """Give a detector that has seen nothing."""
    return LiveDetector(searches)


def zoe(frames: int) -> Iterable[Image]:
    """Film Zoe."""
    return (draw(person("zoe"), frame / FRAMES_PER_SECOND) for frame in range(frames))


def empty_room() -> Image:
    """Give a picture with nobody in it."""
    return np.full((480, 640, 3), 90, np.uint8)


def same(boxes: list[Box], others: list[Box]) -> bool:
    """Tell whether the same faces are in the same places."""
    return len(boxes) == len(others) and all(
        overlap(box, other) >= 0.5 for box, other in zip(boxes, others, strict=True)
    )


def test_it_finds_what_a_search_of_each_whole_frame_finds(detector: LiveDetector) -> None:
    """Somebody who moves, talks and blinks."""
    whole = HaarDetector()
    assert all(same(detector.detect(image), whole.detect(image)) for image in zoe(40))


def test_somebody_who_comes_is_found_in_the_first_frame(detector: LiveDetector) -> None:
    """They change the picture."""
    for _ in range(3):
        assert detector.detect(empty_room()) == []
    assert len(detector.detect(draw(person("zoe"), 0))) == 1


def test_somebody_who_goes_is_not_found_any_more(detector: LiveDetector) -> None:
    """Nothing is shown where only a face was."""
    for image in zoe(10):
        detector.detect(image)
    assert [detector.detect(empty_room()) for _ in range(20)] == [[]] * 20


def test_somebody_who_comes_slowly_is_found_soon(detector: LiveDetector) -> None:
    """Without a change that would be seen: scouts come by everywhere."""
    room, zoe_in_it = empty_room(), draw(person("zoe"), 0)
    shares = np.linspace(0, 1, 60)
    faded = [cv2.addWeighted(room, 1 - share, zoe_in_it, share, 0).astype(np.uint8) for share in shares]
    found = [len(detector.detect(image)) for image in [*faded, *[zoe_in_it] * 16]]
    assert found[0] == 0
    assert found[-1] == 1


def test_cameras_share_searches_and_nothing_else(searches: PyramidSearches) -> None:
    """Each sees its own people, frame by frame in turn."""
    cameras = {name: LiveDetector(searches) for name in ("zoe", "karan")}
    whole = HaarDetector()
    for frame in range(10):
        for name, camera in cameras.items():
            image = draw(person(name), frame / FRAMES_PER_SECOND)
            assert same(camera.detect(image), whole.detect(image))


def test_a_large_picture_is_searched_smaller(detector: LiveDetector) -> None:
    """As in a search of the whole; its boxes are in pixels of the picture."""
    image = cv2.resize(draw(person("zoe"), 0), (2560, 1920)).astype(np.uint8)
    (box,) = detector.detect(image)
    assert same([box], HaarDetector().detect(image))
    assert box.width > 600


def test_two_people_are_followed_and_none_is_taken_for_the_other(detector: LiveDetector) -> None:
    """Largest first, as ever."""
    frames = [np.hstack([draw(person("zoe"), time / 10), draw(person("karan"), time / 10)]) for time in range(12)]
    found = [detector.detect(frame) for frame in frames]
    assert all(len(boxes) == 2 for boxes in found[1:])
    assert all({box.x > 640 for box in boxes} == {False, True} for boxes in found[1:])
    assert all(boxes[0].width >= boxes[1].width for boxes in found)


def test_another_size_of_picture_is_no_trouble(detector: LiveDetector) -> None:
    """The camera was set differently; smaller than any face is possible too."""
    for image in zoe(3):
        detector.detect(image)
    assert any(detector.detect(draw(person("zoe"), time / 10, 320, 240)) for time in range(3))
    assert detector.detect(np.zeros((20, 30, 3), np.uint8)) == []

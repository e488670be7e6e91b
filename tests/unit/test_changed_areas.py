"""Where a picture has changed."""

import numpy as np

from services.extractor.changed_areas import Area, Changes, split
from shared.detector import Gray


def picture(grey: int = 100) -> Gray:
    """Give a plain picture."""
    return np.full((480, 640), grey, np.uint8)


def test_all_of_the_first_picture_is_new() -> None:
    """There is nothing to compare it with."""
    assert Changes().look(picture()) == [Area(0, 0, 640, 480)]


def test_noise_is_no_change() -> None:
    """Cameras have it in every picture."""
    random = np.random.default_rng(0)
    changes = Changes()
    changes.look(picture())
    noise = random.integers(-20, 20, (480, 640))
    assert changes.look((picture() + noise).astype(np.uint8)) == []


def test_what_comes_into_view_is_in_one_area_with_what_surrounds_it() -> None:
    """A person of 100 by 200 pixels."""
    changes = Changes()
    changes.look(picture())
    later = picture()
    later[200:400, 300:400] = 10
    (area,) = changes.look(later)
    assert 260 < area.left < 300
    assert 160 < area.top < 200
    assert 400 < area.right < 440
    assert 400 < area.bottom < 440
    assert changes.look(later) == []


def test_a_picture_of_another_size_is_new() -> None:
    """The camera was opened anew."""
    changes = Changes()
    changes.look(picture())
    assert changes.look(np.zeros((120, 90), np.uint8)) == [Area(0, 0, 90, 120)]


def test_parts_cover_an_area_and_overlap() -> None:
    """So that a face on a border is whole in one of them."""
    parts = split(Area(0, 0, 640, 480), 2, 2, 60)
    assert parts == [Area(0, 0, 380, 300), Area(260, 0, 640, 300), Area(0, 180, 380, 480), Area(260, 180, 640, 480)]

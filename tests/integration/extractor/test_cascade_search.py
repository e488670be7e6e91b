"""The compiled cascade beside OpenCV's own: the same windows, from the first to the last."""

import cv2
import cv2.data
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.live.cascade_search import Windows
from familiar.services.extractor.live.parallel_search import PyramidSearch, PyramidSearches
from familiar.services.extractor.live.pyramid import EVERY_ROW, TILE_COLUMNS, TILE_ROWS
from familiar.shared.vision.detector import SCALE_FACTOR, SMALLEST_FACE, Gray, to_gray

ALL_STAGES = 25


@pytest.fixture(scope="module")
def searches() -> PyramidSearches:
    """Give searches; the first one compiles."""
    return PyramidSearches()


def drawn(width: int, height: int) -> Gray:
    """Draw two people side by side, in grey."""
    return to_gray(np.hstack([draw(person(name), 0.3, width // 2, height) for name in ("zoe", "karan")]))


def noise(width: int, height: int) -> Gray:
    """Give blurred noise: it comes far in the cascade here and there."""
    values = np.random.default_rng(5).integers(0, 256, (height, width), np.uint8)
    return cv2.normalize(cv2.GaussianBlur(values, (0, 0), 4), values, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def everywhere(search: PyramidSearch, gray: Gray) -> Windows:
    """Search every window of a picture."""
    return search.begin(gray, search.pyramid.tiles(EVERY_ROW))


def faces(search: PyramidSearch, windows: Windows, width: int) -> list[tuple[int, int, int]]:
    """Give the places of the windows that passed all stages, in order; OpenCV cuts them off at the picture's edge."""
    layers = search.pyramid.layers
    squares = [layers[layer].square(x, y) for layer, x, y, passed in windows.tolist() if passed == ALL_STAGES]
    return sorted((int(x), int(y), int(min(side, width - x))) for x, y, side in squares)


def by_opencv(gray: Gray) -> list[tuple[int, int, int]]:
    """Give the same by OpenCV."""
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    found = cascade.detectMultiScale(gray, SCALE_FACTOR, 0, minSize=(SMALLEST_FACE, SMALLEST_FACE))
    return sorted((x, y, side) for x, y, side, _ in np.array(found).reshape(-1, 4).tolist())


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (334, 241)])
def test_it_takes_the_same_windows_for_faces(searches: PyramidSearches, size: tuple[int, int]) -> None:
    """Every one of them, of every size, and no other."""
    for gray in (drawn(*size), noise(*size)):
        search = searches.of_size(*gray.shape)
        found = faces(search, everywhere(search, gray), gray.shape[1])
        assert found == by_opencv(gray)
    # There was something to find.
    assert by_opencv(drawn(*size))


def test_faces_are_put_together_like_opencvs(searches: PyramidSearches) -> None:
    """A few windows that overlap are one face."""
    gray = drawn(640, 480)
    search = searches.of_size(*gray.shape)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    theirs = cascade.detectMultiScale(gray, SCALE_FACTOR, 5, minSize=(SMALLEST_FACE, SMALLEST_FACE))
    assert sorted(search.faces(everywhere(search, gray))) == sorted((x, y, side) for x, y, side, _ in theirs)


@pytest.mark.parametrize("size", [(20, 30), (40, 40), (41, 300), (63, 57)])
def test_small_pictures_are_no_trouble(searches: PyramidSearches, size: tuple[int, int]) -> None:
    """Some are too small for any face, others for a tile of windows."""
    gray = noise(*size)
    search = searches.of_size(*gray.shape)
    assert faces(search, everywhere(search, gray), gray.shape[1]) == by_opencv(gray)


SIDES = st.integers(20, 160)


@st.composite
def small_pictures(draw_from: st.DrawFn) -> Gray:
    """Give blurred noise, or a piece of a picture of two people, anyhow bright and full of contrast."""
    width, height = draw_from(SIDES), draw_from(SIDES)
    if draw_from(st.booleans()):
        values = np.random.default_rng(draw_from(st.integers(0, 99))).uniform(0, 255, (height, width))
        values = cv2.GaussianBlur(values, (0, 0), draw_from(st.floats(0.5, 8))).astype(np.float64)
    else:
        whole = drawn(640, 480)
        left, top = draw_from(st.integers(0, 640 - width)), draw_from(st.integers(0, 480 - height))
        values = whole[top : top + height, left : left + width].astype(np.float64)
    gain, offset = draw_from(st.floats(0, 8)), draw_from(st.floats(-255, 255))
    picture: Gray = np.clip((values - values.mean()) * gain + values.mean() + offset, 0, 255).astype(np.uint8)
    return picture


@settings(max_examples=40)
@given(gray=small_pictures())
def test_any_small_picture_has_the_same_windows(searches: PyramidSearches, gray: Gray) -> None:
    """Whatever it shows, plain ones too, which no window may be divided by."""
    search = searches.of_size(*gray.shape)
    assert faces(search, everywhere(search, gray), gray.shape[1]) == by_opencv(gray)


@settings(max_examples=20)
@given(data=st.data())
def test_any_tiles_have_windows_that_a_search_of_everything_has(searches: PyramidSearches, data: st.DataObject) -> None:
    """Of these tiles alone, and of all of them when all were asked for, in however many steps."""
    gray = drawn(400, 300)
    search = searches.of_size(*gray.shape)
    all_of_them = {tuple(window) for window in everywhere(search, gray).tolist()}
    rows = data.draw(st.integers(0, EVERY_ROW))
    first = {tuple(window) for window in search.begin(gray, search.pyramid.tiles(rows)).tolist()}
    rest = {tuple(window) for window in search.search_more(search.pyramid.tiles(EVERY_ROW & ~rows)).tolist()}
    assert first.isdisjoint(rest)
    assert first | rest == all_of_them


def test_only_the_rows_that_are_asked_for_are_searched(searches: PyramidSearches) -> None:
    """What is found there is found in a search of everything, too."""
    gray = drawn(640, 480)
    search = searches.of_size(*gray.shape)
    all_of_them = {tuple(window) for window in everywhere(search, gray).tolist()}
    some = search.search_more(search.pyramid.tiles(0b0100))
    steps = [layer.step for layer in search.pyramid.layers]
    rows = {y // steps[layer] % TILE_ROWS for layer, _, y, _ in some.tolist()}
    assert rows == {2}
    assert {tuple(window) for window in some.tolist()} <= all_of_them


def test_a_single_tile_is_searched_alone(searches: PyramidSearches) -> None:
    """Around the middle of a face it finds what there is."""
    gray = drawn(640, 480)
    search = searches.of_size(*gray.shape)
    layer, x, y, _ = next(window for window in everywhere(search, gray).tolist() if window[3] == ALL_STAGES)
    tiles = search.pyramid.tiles(0)
    step = search.pyramid.layers[layer].step
    of_layer = search.pyramid.of_layer(tiles, search.pyramid.layers[layer])
    of_layer[y // (TILE_ROWS * step), x // TILE_COLUMNS] = EVERY_ROW
    found = search.search_more(tiles).tolist()
    assert {(window[0], window[1] // TILE_COLUMNS, window[2] // (TILE_ROWS * step)) for window in found} == {
        (layer, x // TILE_COLUMNS, y // (TILE_ROWS * step))
    }
    assert any(window[3] == ALL_STAGES for window in found)


def test_more_windows_than_there_was_room_for_are_all_given(searches: PyramidSearches) -> None:
    """A wall of faces."""
    gray = np.tile(drawn(320, 240), (4, 4))
    search = searches.of_size(*gray.shape)
    windows = everywhere(search, gray)
    of_largest = int(np.bincount(windows[:, 0]).max())
    assert of_largest > 256
    assert len({tuple(window) for window in windows.tolist()}) == len(windows)
    assert faces(search, windows, gray.shape[1]) == by_opencv(gray)

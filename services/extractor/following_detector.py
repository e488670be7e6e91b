"""Live detection: the faces of a camera's consecutive frames, for a fraction of what searching each frame takes.

Faces that were there are looked for around where they should be, at the size they had. New ones are looked for where
the picture has changed, and in one part of the whole picture after the other; what looks like one there has to be
found by a search like that of the whole picture, too. docs/decisions/9-live-detection.md has the figures behind it.
"""

import itertools
import math
from collections.abc import Iterable

import cv2

from services.extractor.changed_areas import Area, Changes, split
from services.extractor.followed_face import FollowedFace, nested
from services.extractor.haar_searches import HaarSearches, Search
from shared.detector import CASCADE_SIZE, NEIGHBOURS, SCALE_FACTOR, SMALLEST_FACE, Gray, Square, largest_first, to_gray
from shared.images import Image
from shared.messages import Box

# A quick look at a face that is followed: the area as a multiple of the face, the sizes, and how many windows have
# to agree. In a picture in which the face has about twice the cascade's size, OpenCV tries every second place.
_LOOK_AROUND = 1.7
_LOOK_SIZES = (0.8, 1.3)
_LOOK_NEIGHBOURS = 1
_LOOK_SIDE = 44
# A thorough look, with the whole picture's own steps and neighbours.
_CONFIRM_AROUND = 2.0
_CONFIRM_SIZES = (0.75, 1.35)
# What is new is looked for in a picture that is made so much smaller, in large steps; any window that is taken for a
# face is enough to look there thoroughly. Larger faces are found in a still smaller one.
_NEW_REDUCTION = 2.5
_NEW_SCALE_FACTOR = 1.4
_OCTAVE = 2
# The whole picture is gone through in parts of about this side, one every few frames, down to the smallest faces.
_PART_EVERY = 4
_PART_SIDE = 190
_PART_SCALE_FACTOR = 1.2
_PART_REDUCTION = SMALLEST_FACE / CASCADE_SIZE
_PART_MARGIN = 60
# Wider areas are shared out among the cores.
_WIDE = 400
_STRIPS = 4

# So much of the smaller in the larger, and two squares are one face.
_SAME = 0.3


class FollowingDetector:
    """Finds the faces of consecutive frames of one camera. Not for several threads at once."""

    def __init__(self, searches: HaarSearches) -> None:
        """Have seen nothing yet; `searches` may be shared with other cameras."""
        self._searches = searches
        self._changes = Changes()
        self._followed: list[FollowedFace] = []
        self._frame = itertools.count()

    def detect(self, image: Image) -> list[Box]:
        """Find the faces of the next frame, `(height, width, 3)`, largest first, in its pixels."""
        gray = to_gray(image)
        looks = [self._searches.start(gray, _look(gray, face)) for face in self._followed]
        news = [self._searches.start(gray, search) for search in self._new_searches(gray)]
        found: list[Square] = []
        followed: list[FollowedFace] = []
        # Where the thorough search has to decide: at what looks like a face, and where one was just now.
        candidates: list[Square] = []
        for face, look in zip(self._followed, looks, strict=True):
            square = _nearest(face.expected, _apart(look.result(), found))
            if square:
                found.append(square)
                followed.append(face.seen(square, confirmed=face.is_to_confirm))
            else:
                followed.append(face.unseen())
                candidates += [] if face.missed or face.is_to_confirm else [face.expected]
        candidates += _groups(_apart((square for squares in news for square in squares.result()), found))
        for look in [self._searches.start(gray, _thorough(gray, candidate)) for candidate in candidates]:
            for square in look.result():
                # Looks at neighbouring candidates may find the same face.
                if _apart([square], found):
                    found.append(square)
                    followed = _take_up(followed, square)
        self._followed = [face for face in followed if not face.is_gone]
        return largest_first([_to_box(square) for square in found])

    def _new_searches(self, gray: Gray) -> Iterable[Search]:
        """Give where to look for faces that are not followed yet."""
        frame = next(self._frame)
        smallest = _NEW_REDUCTION * CASCADE_SIZE
        for area in self._changes.look(gray):
            strips = _STRIPS if area.right - area.left > _WIDE else 1
            for strip in split(area, strips, 1, int(smallest)):
                yield Search(strip, _NEW_REDUCTION, _NEW_SCALE_FACTOR, 0, SMALLEST_FACE, _OCTAVE * smallest)
            yield Search(area, _OCTAVE * _NEW_REDUCTION, _NEW_SCALE_FACTOR, 0, _OCTAVE * smallest, min(gray.shape))
        if frame % _PART_EVERY:
            return
        height, width = gray.shape
        columns, rows = (max(1, round(side / _PART_SIDE)) for side in (width, height))
        parts = split(Area(0, 0, width, height), columns, rows, _PART_MARGIN)
        part = parts[frame // _PART_EVERY % len(parts)]
        yield Search(part, _PART_REDUCTION, _PART_SCALE_FACTOR, 0, SMALLEST_FACE, min(gray.shape))


def _look(gray: Gray, face: FollowedFace) -> Search:
    return _thorough(gray, face.expected) if face.is_to_confirm else _quick(gray, face.expected)


def _quick(gray: Gray, square: Square) -> Search:
    smallest, largest = (square.side * size for size in _LOOK_SIZES)
    # A power of the scale factor, so that the sizes that are tried stay those of the whole picture's search.
    steps = max(0, math.floor(math.log(square.side / _LOOK_SIDE, SCALE_FACTOR)))
    area = _around(gray, square, _LOOK_AROUND)
    return Search(area, SCALE_FACTOR**steps, SCALE_FACTOR, _LOOK_NEIGHBOURS, max(smallest, SMALLEST_FACE), largest)


def _thorough(gray: Gray, square: Square) -> Search:
    smallest, largest = (square.side * size for size in _CONFIRM_SIZES)
    area = _around(gray, square, _CONFIRM_AROUND)
    return Search(area, 1, SCALE_FACTOR, NEIGHBOURS, max(smallest, SMALLEST_FACE), largest)


def _around(gray: Gray, square: Square, factor: float) -> Area:
    height, width = gray.shape
    x, y, reach = square.x + square.side / 2, square.y + square.side / 2, square.side * factor / 2
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    return Area(left, top, max(left, min(width, int(x + reach))), max(top, min(height, int(y + reach))))


def _apart(squares: Iterable[Square], found: list[Square]) -> list[Square]:
    """Give those that are none of the faces that were found."""
    return [square for square in squares if all(nested(square, other) < _SAME for other in found)]


def _nearest(expected: Square, squares: list[Square]) -> Square | None:
    return min(
        squares,
        key=lambda one: math.hypot(
            one.x - expected.x + (one.side - expected.side) / 2, one.y - expected.y + (one.side - expected.side) / 2
        ),
        default=None,
    )


def _groups(squares: list[Square]) -> list[Square]:
    """Put windows that overlap together, as the cascade does with its own."""
    # OpenCV drops what stands alone, so each stands there twice.
    rectangles = [(int(x), int(y), int(side), int(side)) for x, y, side in squares] * 2
    grouped, _ = cv2.groupRectangles(rectangles, 1, 0.4) if rectangles else ((), None)
    return [Square(float(x), float(y), float(side)) for x, y, side, _ in grouped]


def _take_up(followed: list[FollowedFace], square: Square) -> list[FollowedFace]:
    """Follow a face that was found anew: as the one that was lost there, if there is one."""
    lost = next((face for face in followed if face.missed and nested(face.square, square) >= _SAME), None)
    others = [face for face in followed if face is not lost]
    return [*others, lost.found_again(square) if lost else FollowedFace(square)]


def _to_box(square: Square) -> Box:
    return Box(x=round(square.x), y=round(square.y), width=round(square.side), height=round(square.side))

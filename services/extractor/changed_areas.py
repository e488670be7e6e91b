"""Where a picture has changed since the one before: somebody who comes into view changes it."""

from typing import NamedTuple

import cv2
import numpy as np

from shared.detector import Gray

# Grey values are compared as averages over cells of so many pixels in a picture of 1080 lines: noise averages out.
_CELLS_HIGH = 54
_LEAST_CHANGE = 20
# A face is searched with what surrounds it, and is larger than the part of it that moved.
_SPREAD_CELLS = 2
_FEWEST_CELLS = 12


class Area(NamedTuple):
    """A rectangle in pixels; `right` and `bottom` are outside."""

    left: int
    top: int
    right: int
    bottom: int


def split(area: Area, columns: int, rows: int, margin: int) -> list[Area]:
    """Divide an area into parts of the same size that overlap by `margin` pixels on every side."""
    width, height = area.right - area.left, area.bottom - area.top
    return [
        Area(
            max(area.left, area.left + width * column // columns - margin),
            max(area.top, area.top + height * row // rows - margin),
            min(area.right, area.left + width * (column + 1) // columns + margin),
            min(area.bottom, area.top + height * (row + 1) // rows + margin),
        )
        for row in range(rows)
        for column in range(columns)
    ]


class Changes:
    """Compares each picture with the one before."""

    def __init__(self) -> None:
        """Have seen nothing yet."""
        self._before: Gray | None = None

    def look(self, gray: Gray) -> list[Area]:
        """Give the areas of a grey picture, `(height, width)`, that have changed; without one before, all of it."""
        height, width = gray.shape
        size = max(1, round(width * _CELLS_HIGH / height)), _CELLS_HIGH
        cells = cv2.resize(gray, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        before, self._before = self._before, cells
        if before is None or before.shape != cells.shape:
            return [Area(0, 0, width, height)]
        changed = (cv2.absdiff(cells, before) >= _LEAST_CHANGE).astype(np.uint8)
        spread = cv2.dilate(changed, np.ones((2 * _SPREAD_CELLS + 1,) * 2, np.uint8))
        _, _, found, _ = cv2.connectedComponentsWithStats(spread, connectivity=8)
        across, down = width / size[0], height / size[1]
        # The first is what did not change.
        return [
            Area(
                int(x * across),
                int(y * down),
                min(width, int((x + w) * across) + 1),
                min(height, int((y + h) * down) + 1),
            )
            for x, y, w, h, count in found[1:].tolist()
            if count >= _FEWEST_CELLS
        ]

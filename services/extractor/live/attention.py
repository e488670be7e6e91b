"""Attention: a camera's next frame is searched near face-like windows, where it changed, and in a rotating sample.

The number of cascade stages that a window passes measures how face-like it is. Around a face, and where one is about to
be seen, many windows pass many. So scouts test single rows of windows, and where one passes many, every window around
it is searched, in this frame and in the next.
"""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from familiar.services.extractor.live.cascade_search import Windows
from familiar.services.extractor.live.jit import jit
from familiar.services.extractor.live.parallel_search import LEAST_STAGES
from familiar.services.extractor.live.pyramid import EVERY_ROW, TILE_COLUMNS, TILE_ROWS, Geometry, Pyramid, Tiles
from familiar.shared.vision.detector import CASCADE_SIZE, Gray

# Tiles around windows that pass this many stages are searched in the next frame, too.
_AGAIN_STAGES = 20
# Search radius around a window, in pixels of the layer.
_REACH = 2

# Scouts test every second layer, as a face passes many stages in several. Where nothing changed, they test one row of
# windows in this many rows of tiles, another one in each frame.
_SCOUTED_LAYERS = 2
_SCOUTED_TILE_ROWS = 16

# A cell is this many pixels wide, and has changed if its mean did by this many grey values; a window has if this
# share of its cells has.
_CELL = 8
_LEAST_CHANGE = 20
_CHANGED_SHARE = 0.3


class Attention:
    """Selector of the tiles to search in consecutive frames of one camera."""

    def __init__(self, shape: tuple[int, ...], pyramid: Pyramid) -> None:
        """Expect pictures of `shape`, `(height, width)`; all of the first counts as changed."""
        self.shape = shape
        self._geometry = pyramid.geometry
        self._frame = itertools.count()
        self._cells: Gray | None = None
        self._scouts = pyramid.tiles(0)
        self._near = pyramid.tiles(0)

    def sample_windows(self, gray: Gray) -> Tiles:
        """Return the scouts' tiles for a grey picture, `(height, width)`."""
        changed = self._changes(gray)
        lap, place = divmod(next(self._frame), _SCOUTED_TILE_ROWS)
        sums = cv2.integral(changed, sdepth=cv2.CV_32S).astype(np.int32, copy=False)
        _choose_scouts(sums, self._geometry, place, 1 << (lap + place) % TILE_ROWS, self._scouts)
        return self._scouts

    def look_closer(self, scouted: Windows) -> Tiles:
        """Return the tiles around the scouts' windows, `(windows, 4)`, that remain to be searched."""
        _mark_near(scouted, LEAST_STAGES, self._geometry, self._near)
        return self._near & ~self._scouts

    def search_more(self, windows: Windows) -> None:
        """Remember this frame's windows, `(windows, 4)`, for the next frame."""
        self._near[:] = 0
        _mark_near(windows, _AGAIN_STAGES, self._geometry, self._near)

    def _changes(self, gray: Gray) -> Gray:
        """Return 1 for each cell that changed since the previous frame, else 0, `(cells, cells)`."""
        height, width = gray.shape
        size = max(1, width // _CELL), max(1, height // _CELL)
        cells = cv2.resize(gray, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        before, self._cells = self._cells, cells
        if before is None:
            return np.ones_like(cells)
        return (cv2.absdiff(cells, before) >= _LEAST_CHANGE).astype(np.uint8)


@jit
def _choose_scouts(changed: NDArray[np.int32], geometry: Geometry, place: int, row: int, scouts: Tiles) -> None:
    """Set the bit `row` of the tiles to scout; `changed` is the integral image of changed cells."""
    down, across = changed.shape[0] - 1, changed.shape[1] - 1
    for layer in range(0, len(geometry.factor), _SCOUTED_LAYERS):
        factor = geometry.factor[layer] / _CELL
        side = geometry.side[layer] / _CELL
        columns = geometry.tile_columns[layer]
        for tile_row in range(geometry.tile_rows[layer]):
            is_due = (tile_row + layer) % _SCOUTED_TILE_ROWS == place
            # The tile's central window stands for all of them.
            y = (tile_row + 0.5) * TILE_ROWS * geometry.step[layer] * factor
            top = min(down - 1, round(y))
            bottom = min(down, max(top + 1, round(y + side)))
            for tile_column in range(columns):
                x = (tile_column + 0.5) * TILE_COLUMNS * factor
                left = min(across - 1, round(x))
                right = min(across, max(left + 1, round(x + side)))
                cells = changed[bottom, right] - changed[bottom, left] - changed[top, right] + changed[top, left]
                has_changed = cells > _CHANGED_SHARE * (bottom - top) * (right - left)
                tile = geometry.first_tile[layer] + tile_row * columns + tile_column
                scouts[tile] = row if is_due or has_changed else 0


@jit
def _mark_near(windows: Windows, stages: int, geometry: Geometry, near: Tiles) -> None:
    """Set all rows of the tiles around windows that passed `stages` stages, in their and the adjacent layers."""
    middle = CASCADE_SIZE / 2
    for window in range(len(windows)):
        if windows[window, 3] < stages:
            continue
        own = windows[window, 0]
        for layer in range(max(0, own - 1), min(len(geometry.factor), own + 2)):
            factor = geometry.factor[own] / geometry.factor[layer]
            x = int((windows[window, 1] + middle) * factor - middle)
            y = int((windows[window, 2] + middle) * factor - middle)
            rows, columns = geometry.tile_rows[layer], geometry.tile_columns[layer]
            height = TILE_ROWS * geometry.step[layer]
            left, right = max(0, (x - _REACH) // TILE_COLUMNS), min(columns, (x + _REACH) // TILE_COLUMNS + 1)
            for tile_row in range(max(0, (y - _REACH) // height), min(rows, (y + _REACH) // height + 1)):
                for tile_column in range(left, right):
                    near[geometry.first_tile[layer] + tile_row * columns + tile_column] = EVERY_ROW

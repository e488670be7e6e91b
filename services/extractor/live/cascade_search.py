"""The cascade on chosen windows of a layer, with the results of OpenCV's own search.

OpenCV evaluates one window after the other. Here each stage is vectorised over neighbouring windows for as long as more
than one of them may be a face: that is twice as fast, and no other windows are evaluated.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numba import uint64
from numpy.typing import NDArray

from familiar.services.extractor.live.cascade import Cascade
from familiar.services.extractor.live.jit import jit
from familiar.services.extractor.live.pyramid import TILE_COLUMNS, TILE_ROWS, Layer, Tiles
from familiar.shared.vision.detector import CASCADE_SIZE, Gray

# As in OpenCV, contrast is measured without a window's border, and a window with hardly any is rejected.
_INNER = CASCADE_SIZE - 2
_AREA = float(_INNER**2)
_LEAST_CONTRAST = (10 * _AREA) ** 2

_FOUND_AT_FIRST = 256

Windows = NDArray[np.int32]
NO_WINDOWS: Windows = np.empty((0, 4), np.int32)


class LayerSums(NamedTuple):
    """Integral images of a layer's grey values and of their squares, `(height + 1, width + 1)`."""

    number: int
    step: int
    sums: NDArray[np.int32]
    squares: NDArray[np.int32]
    corners: NDArray[np.uint32]


class _Row(NamedTuple):
    """Working arrays for one row of windows.

    `sums` and `squares` are the layer's integral images, flattened, with rows of `width`. `scales` normalise a window's
    features; 0 marks a window without contrast. `totals` are a stage's sums. Survivors of the first stage have a place
    `x` and a number of stages that they have `passed`; `still` lists those that may yet be faces.
    """

    sums: NDArray[np.int32]
    squares: NDArray[np.int32]
    width: int
    corners: NDArray[np.uint32]
    scales: NDArray[np.float32]
    totals: NDArray[np.float32]
    x: NDArray[np.int64]
    passed: NDArray[np.int32]
    still: NDArray[np.int64]


class LayerBuffers:
    """Buffers for a layer and its integral images, reused as allocating them takes longer than filling them."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._small = np.empty((layer.height, layer.width), np.uint8)
        self._sums = np.empty((layer.height + 1, layer.width + 1), np.int32)
        self._squares = np.empty_like(self._sums)

    def sum_up(self, gray: Gray) -> LayerSums:
        """Return a grey picture, `(height, width)`, scaled to the layer and integrated, valid until the next call."""
        cv2.resize(gray, self._small.shape[::-1], self._small, interpolation=cv2.INTER_LINEAR_EXACT)
        cv2.integral2(self._small, self._sums, self._squares, sdepth=cv2.CV_32S, sqdepth=cv2.CV_32S)
        return LayerSums(self._layer.number, self._layer.step, self._sums, self._squares, self._layer.corners)


def search(layer: LayerSums, cascade: Cascade, tiles: Tiles, least_stages: int) -> Windows:
    """Search those rows of a layer's tiles, `(rows, columns)`, whose bits are set.

    Returns the windows that passed at least `least_stages` stages, one or more, `(windows, 4)`: the number of the
    layer, x and y in its pixels, and the stages passed, which are all for a face. OpenCV skips the window after one
    that the first stage rejects; where the tile on the left is not searched, a few others may be skipped.
    """
    found = np.empty((_FOUND_AT_FIRST, 4), np.int32)
    while (count := _search_rows(layer, cascade, tiles, least_stages, found)) > len(found):
        found = np.empty((count, 4), np.int32)
    return found[:count]


@jit
def _search_rows(layer: LayerSums, cascade: Cascade, tiles: Tiles, least_stages: int, found: Windows) -> int:
    """Search row by row; return the number of windows, and write as many of them into `found` as it holds."""
    height, width = layer.sums.shape
    columns = width - CASCADE_SIZE
    row = _Row(
        layer.sums.ravel(),
        layer.squares.ravel(),
        width,
        layer.corners,
        np.empty(columns, np.float32),
        np.empty(columns, np.float32),
        np.empty(columns, np.int64),
        np.empty(columns, np.int32),
        np.empty(columns, np.int64),
    )
    count = 0
    for number, y in enumerate(range(0, height - CASCADE_SIZE, layer.step)):
        bits, bit = tiles[number // TILE_ROWS], 1 << number % TILE_ROWS
        tile = 0
        while tile < len(bits):
            if not bits[tile] & bit:
                tile += 1
                continue
            begin = tile * TILE_COLUMNS
            while tile < len(bits) and bits[tile] & bit:
                tile += 1
            end = min(tile * TILE_COLUMNS, columns)
            for survivor in range(_search_stretch(row, cascade, y * width, (begin, end), layer.step)):
                if row.passed[survivor] >= least_stages:
                    if count < len(found):
                        found[count, 0], found[count, 1] = layer.number, row.x[survivor]
                        found[count, 2], found[count, 3] = y, row.passed[survivor]
                    count += 1
    return count


@jit
def _search_stretch(row: _Row, cascade: Cascade, line: int, stretch: tuple[int, int], step: int) -> int:
    """Search a stretch of windows whose sums begin at `line`; return how many of them survive the first stage."""
    begin, end = stretch
    # The windows on the left decide which ones are skipped.
    left = max(0, begin - TILE_COLUMNS)
    _measure_contrast(row, line, left, end)
    _add_up(row, cascade, 0, line, (left, end))
    survivors = 0
    x = left
    while x < end:
        if row.scales[x] > 0 and row.totals[x] < cascade.stage_thresholds[0]:
            x += step
        elif row.scales[x] > 0 and x >= begin:
            row.x[survivors], row.passed[survivors] = x, 1
            survivors += 1
        x += step
    first = 0
    while first < survivors:
        following = first
        while following < survivors and row.x[following] < row.x[first] + TILE_COLUMNS:
            row.still[following] = following
            following += 1
        _go_through_stages(row, cascade, line, first, following)
        first = following
    return survivors


@jit
def _measure_contrast(row: _Row, line: int, begin: int, end: int) -> None:
    """Compute the scales of windows: 1 / (area * standard deviation of their grey values)."""
    width = uint64(row.width)
    first, beside = width + uint64(1), width + uint64(1 + _INNER)
    below, last = first + uint64(_INNER) * width, beside + uint64(_INNER) * width
    sums, squares = row.sums, row.squares
    for x in range(uint64(begin), uint64(end)):
        at = uint64(line) + x
        total = np.float64(sums[at + first] - sums[at + beside] - sums[at + below] + sums[at + last])
        square = squares[at + first] - squares[at + beside] - squares[at + below] + squares[at + last]
        # Sums of squares may wrap around at 32 bits; their differences are right all the same.
        contrast = _AREA * np.float64(np.uint32(square)) - total * total
        has_contrast = contrast > _LEAST_CONTRAST
        scale = np.float32(1) / np.sqrt(np.float32(contrast if has_contrast else 1.0))
        row.scales[x] = scale if has_contrast else np.float32(0)


@jit
def _go_through_stages(row: _Row, cascade: Cascade, line: int, first: int, end: int) -> None:
    """Take survivors within the columns of one tile through all stages after the first."""
    columns = len(row.totals)
    for stage in range(1, len(cascade.stage_thresholds)):
        if end - first > 1:
            # Exactly as many as fit into a vector.
            begin = max(0, min(row.x[row.still[first]], columns - TILE_COLUMNS))
            _add_up(row, cascade, stage, line, (begin, min(columns, begin + TILE_COLUMNS)))
        else:
            _add_up_alone(row, cascade, stage, line, row.x[row.still[first]])
        kept = first
        for index in range(first, end):
            survivor = row.still[index]
            if row.totals[row.x[survivor]] >= cascade.stage_thresholds[stage]:
                row.passed[survivor] += 1
                row.still[kept] = survivor
                kept += 1
        end = kept
        if end == first:
            return


@jit
def _add_up(row: _Row, cascade: Cascade, stage: int, line: int, stretch: tuple[int, int]) -> None:
    """Sum a stage's stumps for each window of a stretch, vectorised over windows."""
    sums, corners, scales, totals = row.sums, row.corners, row.scales, row.totals
    begin, end = uint64(stretch[0]), uint64(stretch[1])
    for x in range(begin, end):
        totals[x] = np.float32(0)
    at = uint64(line)
    for stump in range(uint64(cascade.first[stage]), uint64(cascade.first[stage + 1])):
        threshold, below, otherwise = cascade.thresholds[stump], cascade.below[stump], cascade.otherwise[stump]
        first, second, third = cascade.weights[stump, 0], cascade.weights[stump, 1], cascade.weights[stump, 2]
        # Hoisted out of the loops by hand: the compiler cannot rule out that `totals` aliases these arrays.
        a0, a1, a2, a3 = at + corners[stump, 0], at + corners[stump, 1], at + corners[stump, 2], at + corners[stump, 3]
        b0, b1, b2, b3 = at + corners[stump, 4], at + corners[stump, 5], at + corners[stump, 6], at + corners[stump, 7]
        if third == 0:
            for x in range(begin, end):
                one = np.float32(sums[a0 + x] - sums[a1 + x] - sums[a2 + x] + sums[a3 + x])
                other = np.float32(sums[b0 + x] - sums[b1 + x] - sums[b2 + x] + sums[b3 + x])
                feature = (first * one + second * other) * scales[x]
                totals[x] += below if feature < threshold else otherwise
        else:
            c0, c1 = at + corners[stump, 8], at + corners[stump, 9]
            c2, c3 = at + corners[stump, 10], at + corners[stump, 11]
            for x in range(begin, end):
                one = np.float32(sums[a0 + x] - sums[a1 + x] - sums[a2 + x] + sums[a3 + x])
                other = np.float32(sums[b0 + x] - sums[b1 + x] - sums[b2 + x] + sums[b3 + x])
                another = np.float32(sums[c0 + x] - sums[c1 + x] - sums[c2 + x] + sums[c3 + x])
                feature = (first * one + second * other + third * another) * scales[x]
                totals[x] += below if feature < threshold else otherwise


@jit
def _add_up_alone(row: _Row, cascade: Cascade, stage: int, line: int, x: int) -> None:
    """Sum a stage's stumps for one window."""
    at, total, scale = uint64(line + x), np.float32(0), row.scales[x]
    for stump in range(uint64(cascade.first[stage]), uint64(cascade.first[stage + 1])):
        one = _sum_inside(row, stump, at, uint64(0))
        other = _sum_inside(row, stump, at, uint64(4))
        feature = cascade.weights[stump, 0] * one + cascade.weights[stump, 1] * other
        third = cascade.weights[stump, 2]
        if third != 0:
            feature += third * _sum_inside(row, stump, at, uint64(8))
        is_below = feature * scale < cascade.thresholds[stump]
        total += cascade.below[stump] if is_below else cascade.otherwise[stump]
    row.totals[x] = total


@jit
def _sum_inside(row: _Row, stump: int, at: np.uint64, corner: np.uint64) -> np.float32:
    """Return the sum of the grey values in a stump's rectangle, whose first corner has this number."""
    sums, corners = row.sums, row.corners
    return np.float32(
        sums[at + corners[stump, corner]]
        - sums[at + corners[stump, corner + uint64(1)]]
        - sums[at + corners[stump, corner + uint64(2)]]
        + sums[at + corners[stump, corner + uint64(3)]]
    )

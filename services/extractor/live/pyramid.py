"""Image pyramid of a face search: its layers, the windows of each, and the tiles by which windows are chosen.

All as in OpenCV's `detectMultiScale`: the picture is scaled down step by step, and in each layer windows of the
cascade's size lie one pixel apart, or two in the larger layers.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from familiar.services.extractor.live.cascade import Cascade, corner_offsets
from familiar.shared.vision.detector import CASCADE_SIZE, SCALE_FACTOR, SMALLEST_FACE, Square

# A tile is this many columns of pixels, evaluated as one vector, by this many rows of windows, each with a bit that
# says whether it is searched.
TILE_COLUMNS = 16
TILE_ROWS = 4
EVERY_ROW = (1 << TILE_ROWS) - 1

# From this factor on, OpenCV evaluates a window at every pixel.
_EVERY_PIXEL_FROM = 2

Tiles = NDArray[np.uint8]


@dataclass(frozen=True)
class Layer:
    """The picture scaled down by `factor`; a window is `side` pixels of the picture wide."""

    number: int
    factor: float
    side: int
    width: int
    height: int
    corners: NDArray[np.uint32]

    @property
    def step(self) -> int:
        """Distance between windows, in pixels of the layer."""
        return 1 if self.factor >= _EVERY_PIXEL_FROM else 2

    @property
    def tile_shape(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        down, across = (side - CASCADE_SIZE + 1 for side in (self.height, self.width))
        return -(-down // (TILE_ROWS * self.step)), -(-across // TILE_COLUMNS)

    def square(self, x: int, y: int) -> Square:
        """Return the place of a window in the picture, rounded as OpenCV does."""
        return Square(round(x * self.factor), round(y * self.factor), self.side)


class Geometry(NamedTuple):
    """The layers as arrays for compiled loops, `(layers,)`; a layer's tiles begin at its `first_tile`, row by row."""

    factor: NDArray[np.float64]
    side: NDArray[np.int64]
    step: NDArray[np.int64]
    first_tile: NDArray[np.int64]
    tile_rows: NDArray[np.int64]
    tile_columns: NDArray[np.int64]


class Pyramid:
    """Layers for pictures of one size, the largest first."""

    def __init__(self, shape: tuple[int, ...], cascade: Cascade) -> None:
        """Lay them out for grey pictures of `shape`, `(height, width)`; there are none if no face fits."""
        layers: list[Layer] = []
        factor = 1.0
        # OpenCV keeps the factors as float32.
        while (side := round(CASCADE_SIZE * float(np.float32(factor)))) <= min(shape):
            height, width = (round(length / float(np.float32(factor))) for length in shape)
            if side >= SMALLEST_FACE and min(height, width) >= CASCADE_SIZE:
                corners = corner_offsets(cascade, width + 1)
                layers.append(Layer(len(layers), float(np.float32(factor)), side, width, height, corners))
            factor *= SCALE_FACTOR
        self.layers = tuple(layers)
        rows, columns = np.array([layer.tile_shape for layer in layers], np.int64).reshape(-1, 2).T
        self._first_tiles = np.cumsum([0, *(rows * columns)])
        self.geometry = Geometry(
            factor=np.array([layer.factor for layer in layers], np.float64),
            side=np.array([layer.side for layer in layers], np.int64),
            step=np.array([layer.step for layer in layers], np.int64),
            first_tile=self._first_tiles[:-1],
            tile_rows=np.ascontiguousarray(rows),
            tile_columns=np.ascontiguousarray(columns),
        )

    def tiles(self, rows: int) -> Tiles:
        """Return the tiles of all layers, one after the other, each with the bits `rows`."""
        return np.full(self._first_tiles[-1], rows, np.uint8)

    def of_layer(self, tiles: Tiles, layer: Layer) -> Tiles:
        """Return a view of one layer's tiles, `(rows, columns)`."""
        first, following = self._first_tiles[layer.number : layer.number + 2]
        return tiles[first:following].reshape(layer.tile_shape)

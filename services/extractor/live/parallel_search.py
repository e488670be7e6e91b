"""Parallel search of all layers of a picture, and the grouping of windows into faces."""

import functools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from familiar.services.extractor.live.cascade import Cascade, read_cascade
from familiar.services.extractor.live.cascade_search import NO_WINDOWS, LayerBuffers, LayerSums, Windows, search
from familiar.services.extractor.live.pyramid import Layer, Pyramid, Tiles
from familiar.shared.vision.detector import NEIGHBOURS, Gray, Square

# Picture sizes whose buffers are kept: 39 MB for 1920 by 1080 pixels.
_MOST_SIZES = 4

# How far windows may differ that OpenCV groups into one face.
_GROUPING = 0.2

# Of the cascade's 25 stages; windows that pass fewer are not reported.
LEAST_STAGES = 16


class PyramidSearch:
    """Search of pictures of one size, one after the other."""

    def __init__(self, shape: tuple[int, ...], cascade: Cascade, threads: ThreadPoolExecutor, workers: int) -> None:
        """Allocate buffers for grey pictures of `shape`, `(height, width)`."""
        self.pyramid = Pyramid(shape, cascade)
        self._width = shape[1]
        self._cascade = cascade
        self._threads = threads
        self._workers = workers
        self._buffers = [LayerBuffers(layer) for layer in self.pyramid.layers]
        self._gray: Gray = np.zeros(shape, np.uint8)
        self._sums: dict[int, LayerSums] = {}

    def begin(self, gray: Gray, tiles: Tiles) -> Windows:
        """Take up a picture, and search it as in `search_more`."""
        self._gray = gray
        self._sums.clear()
        return self.search_more(tiles)

    def search_more(self, tiles: Tiles) -> Windows:
        """Search those rows of the tiles of all layers whose bits are set: see `cascade_search.search`.

        Threads take one layer after the other, the largest first.
        """
        waiting = iter(self.pyramid.layers)
        working = [self._threads.submit(self._search_each, waiting, tiles) for _ in range(self._workers)]
        return np.concatenate([worker.result() for worker in working])

    def faces(self, windows: Windows) -> list[Square]:
        """Group the windows that passed all stages into faces, as OpenCV does."""
        layers, passed = self.pyramid.layers, windows[windows[:, 3] == len(self._cascade.stage_thresholds)]
        squares = [layers[number].square(x, y) for number, x, y, _ in passed.tolist()]
        rectangles = [(int(x), int(y), int(side), int(side)) for x, y, side in squares]
        grouped, _ = cv2.groupRectangles(rectangles, NEIGHBOURS, _GROUPING) if rectangles else ((), None)
        # Large ones may extend beyond the edge by a pixel of their layer.
        return [Square(float(x), float(y), float(min(side, self._width - x))) for x, y, side, _ in grouped]

    def _search_each(self, waiting: Iterator[Layer], tiles: Tiles) -> Windows:
        found = [NO_WINDOWS]
        for layer in waiting:
            chosen = self.pyramid.of_layer(tiles, layer)
            # Often half of the layers have no tile to search, and need no integral images.
            if chosen.any():
                found.append(search(self._summed_up(layer), self._cascade, chosen, LEAST_STAGES))
        return np.concatenate(found)

    def _summed_up(self, layer: Layer) -> LayerSums:
        if layer.number not in self._sums:
            self._sums[layer.number] = self._buffers[layer.number].sum_up(self._gray)
        return self._sums[layer.number]


class PyramidSearches:
    """Searches by picture size, shared by an extractor's cameras, with one thread per core."""

    def __init__(self) -> None:
        cascade, cores = read_cascade(), os.cpu_count() or 1
        threads = ThreadPoolExecutor(cores, thread_name_prefix="search")

        @functools.lru_cache(_MOST_SIZES)
        def of_size(height: int, width: int) -> PyramidSearch:
            return PyramidSearch((height, width), cascade, threads, cores)

        self.of_size = of_size

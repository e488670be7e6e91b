"""Searches of parts of a picture for faces, side by side on all cores."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from services.extractor.changed_areas import Area
from shared.detector import CASCADE_SIZE, Gray, HaarDetector, Square
from shared.lending_pool import Pool


@dataclass(frozen=True)
class Search:
    """How an area is searched: made smaller by `reduction`, and see `HaarDetector.search`, in pixels of the picture."""

    area: Area
    reduction: float
    scale_factor: float
    neighbours: int
    smallest: float
    largest: float


class HaarSearches:
    """Runs searches in threads, one cascade for each core."""

    def __init__(self) -> None:
        """Load the cascades."""
        cores = os.cpu_count() or 1
        self._detectors = Pool(HaarDetector() for _ in range(cores))
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix="search")

    def start(self, gray: Gray, search: Search) -> "Future[list[Square]]":
        """Begin a search of a grey picture, `(height, width)`; what it finds is in pixels of the whole picture."""
        return self._threads.submit(self._run, gray, search)

    def _run(self, gray: Gray, search: Search) -> list[Square]:
        left, top, right, bottom = search.area
        part = gray[top:bottom, left:right]
        if search.reduction > 1:
            size = round((right - left) / search.reduction), round((bottom - top) / search.reduction)
            if min(size) < CASCADE_SIZE:
                return []
            part = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
        smallest = max(CASCADE_SIZE, int(search.smallest / search.reduction))
        largest = int(search.largest / search.reduction)
        if min(part.shape) < smallest or largest < smallest:
            return []
        with self._detectors.lend() as detector:
            found = detector.search(part, search.scale_factor, search.neighbours, smallest, largest)
        return [
            Square(left + x * search.reduction, top + y * search.reduction, side * search.reduction)
            for x, y, side in found
        ]

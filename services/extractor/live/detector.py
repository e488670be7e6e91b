"""Live detection: nearly everything that searching whole frames finds, in a small part of the time.

Only some windows of a frame are evaluated (attention.py chooses them), each exactly as in the whole search, so whatever
is found here is found there as well. docs/decisions/9-live-detection.md has the figures behind it.
"""

import numpy as np

from familiar.services.extractor.live.attention import Attention
from familiar.services.extractor.live.parallel_search import PyramidSearches
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import SMALLEST_FACE, largest_first, reduce, scale_of, to_box, to_gray
from familiar.shared.vision.images import Image


class LiveDetector:
    """Face detector for consecutive frames of one camera; not thread-safe."""

    def __init__(self, searches: PyramidSearches) -> None:
        self._searches = searches
        self._attention: Attention | None = None

    def detect(self, image: Image) -> list[Box]:
        """Return the faces of the next frame, `(height, width, 3)`, largest first, in its pixels.

        A frame with a side over `familiar.shared.vision.detector.LONGEST_SIDE` is searched at that size.
        """
        scale = scale_of(image)
        gray = to_gray(image if scale == 1 else reduce(image, scale))
        search = self._searches.of_size(*gray.shape)
        attention = self._attention
        if attention is None or attention.shape != gray.shape:
            attention = self._attention = Attention(gray.shape, search.pyramid)
        scouted = search.begin(gray, attention.sample_windows(gray))
        windows = np.concatenate([scouted, search.search_more(attention.look_closer(scouted))])
        attention.search_more(windows)
        return largest_first([to_box(square, scale) for square in search.faces(windows)])


def compiled_searches() -> PyramidSearches:
    """Return searches that are compiled already, so that no frame waits for it; takes some seconds."""
    searches = PyramidSearches()
    LiveDetector(searches).detect(np.zeros((2 * SMALLEST_FACE, 2 * SMALLEST_FACE, 3), np.uint8))
    return searches

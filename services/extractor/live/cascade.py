"""The Haar frontal-face cascade as arrays: its stages, the stumps of each, and the rectangles of each stump.

A stump compares a feature, the weighted sum of the grey values in two or three rectangles of a window, with a
threshold, and adds one of two values to its stage. A window is rejected by the first stage whose sum is below the
stage's threshold (Viola and Jones, 2001; this cascade by Lienhart, Kuranov and Pisarevsky, 2003).
"""

from pathlib import Path
from typing import NamedTuple

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

MOST_RECTANGLES = 3
CORNERS = 4

# OpenCV subtracts it from every stage's threshold on loading.
_THRESHOLD_MARGIN = 1e-5


class Cascade(NamedTuple):
    """Parameters of the cascade; a stump without a third rectangle has one of weight 0 and no size.

    `rectangles` is `(stumps, 3, 4)`: x, y, width and height in pixels of a window. `first` is `(stages + 1,)`: the
    stumps of stage `n` are those from `first[n]` to before `first[n + 1]`.
    """

    rectangles: NDArray[np.int64]
    weights: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    below: NDArray[np.float32]
    otherwise: NDArray[np.float32]
    first: NDArray[np.int64]
    stage_thresholds: NDArray[np.float32]


def read_cascade() -> Cascade:
    """Read the cascade that comes with OpenCV's wheel."""
    path = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
    # Nodes are valid only while the storage is alive.
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    root = storage.getNode("cascade")
    features = [_numbers_of_each(feature.getNode("rects")) for feature in _each(root.getNode("features"))]
    stages = list(_each(root.getNode("stages")))
    stumps = [list(_each(stage.getNode("weakClassifiers"))) for stage in stages]
    # A stump has one node: left leaf, right leaf, feature, threshold.
    nodes = [_numbers(stump.getNode("internalNodes")) for of_stage in stumps for stump in of_stage]
    leaves = np.array([_numbers(stump.getNode("leafValues")) for of_stage in stumps for stump in of_stage], np.float32)
    rectangles = np.array([_filled_up(features[int(feature)]) for _, _, feature, _ in nodes])
    return Cascade(
        rectangles=rectangles[:, :, :CORNERS].astype(np.int64),
        weights=rectangles[:, :, CORNERS].astype(np.float32),
        thresholds=np.array([threshold for *_, threshold in nodes], np.float32),
        below=np.ascontiguousarray(leaves[:, 0]),
        otherwise=np.ascontiguousarray(leaves[:, 1]),
        first=np.cumsum([0, *(len(of_stage) for of_stage in stumps)]),
        stage_thresholds=np.array(
            [stage.getNode("stageThreshold").real() - _THRESHOLD_MARGIN for stage in stages], np.float32
        ),
    )


def corner_offsets(cascade: Cascade, width: int) -> NDArray[np.uint32]:
    """Return the offsets of the rectangles' corners from that of the window, `(stumps, 12)`.

    They are in an integral image with rows of `width` numbers; for each rectangle top left, top right, bottom left,
    bottom right.
    """
    x, y, across, down = np.moveaxis(cascade.rectangles, 2, 0)
    at, below = y * width + x, down * width
    corners = np.stack([at, at + across, at + below, at + below + across], axis=2)
    return corners.reshape(len(corners), MOST_RECTANGLES * CORNERS).astype(np.uint32)


def _each(node: cv2.FileNode) -> list[cv2.FileNode]:
    return [node.at(index) for index in range(node.size())]


def _numbers(node: cv2.FileNode) -> list[float]:
    return [number.real() for number in _each(node)]


def _numbers_of_each(node: cv2.FileNode) -> list[list[float]]:
    return [_numbers(one) for one in _each(node)]


def _filled_up(rectangles: list[list[float]]) -> list[list[float]]:
    return rectangles + [[0.0] * (CORNERS + 1)] * (MOST_RECTANGLES - len(rectangles))

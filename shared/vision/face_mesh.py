"""Alignment of one face: its landmarks, and the similarity transform that maps them to canonical positions.

The landmarks come from one pass of MediaPipe's face mesh (Kartynnik et al., 2019, arXiv:1907.06724) over the crop of a
face. This file imports nothing of Familiar, because it is part of a version's downloadable bundle.
"""

from typing import TypeAlias

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

# The central part of an aligned face that dlib's `get_face_chip` would cut out, with its padding of 0.25.
CHIP_SIZE = 150

_MESH_SIZE = 192
_MESH_POINTS = 468
# Below this probability of a face, as for a turned head or a sleeve, landmarks are guesses.
_LEAST_PRESENCE = 0.5
# Mesh indices: outer and inner corner of the left eye, outer and inner corner of the right eye, base of the nose.
_FIVE = (263, 362, 33, 133, 2)
# Canonical positions of these five in dlib's unpadded chip, as fractions of its side (`get_face_chip_details`).
_CHIP_POINTS = np.array([(0.8596, 0.2135), (0.6461, 0.2290), (0.1206, 0.2137), (0.3341, 0.2291), (0.4901, 0.6278)])
_PADDING = 0.25
# Their average positions in crops of the cascade, as fractions of the side: the fallback where no face is seen.
_CROP_POINTS = np.array([(0.700, 0.420), (0.575, 0.428), (0.294, 0.422), (0.421, 0.429), (0.500, 0.625)])

Points = NDArray[np.float64]
Image: TypeAlias = NDArray[np.uint8]


class FaceMesh:
    """The landmark network, for use by one thread."""

    def __init__(self, model: bytes) -> None:
        """Load the bytes of MediaPipe's `face_landmark.tflite`.

        Raises:
            ValueError, RuntimeError, IndexError: they are another network or none.
        """
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        (pixels,) = self._interpreter.get_input_details()
        mesh, presence = self._interpreter.get_output_details()
        if tuple(pixels["shape"]) != (1, _MESH_SIZE, _MESH_SIZE, 3) or mesh["shape"][-1] != 3 * _MESH_POINTS:
            raise ValueError("it is no face mesh")
        self._pixels, self._mesh, self._presence = pixels["index"], mesh["index"], presence["index"]

    def find(self, crop: Image) -> Points:
        """Return five landmarks of a crop, `(5, 2)`, in pixels; those of an average crop if no face is seen."""
        height, width = crop.shape[:2]
        interpolation = cv2.INTER_AREA if height > _MESH_SIZE else cv2.INTER_LINEAR
        seen = cv2.cvtColor(cv2.resize(crop, (_MESH_SIZE, _MESH_SIZE), interpolation=interpolation), cv2.COLOR_BGR2RGB)
        self._interpreter.set_tensor(self._pixels, seen[np.newaxis].astype(np.float32) / 255)
        self._interpreter.invoke()
        logit = float(self._interpreter.get_tensor(self._presence).item())
        if logit < np.log(_LEAST_PRESENCE / (1 - _LEAST_PRESENCE)):
            return _CROP_POINTS * (width, height)
        mesh = self._interpreter.get_tensor(self._mesh).reshape(_MESH_POINTS, 3)
        return np.asarray(mesh[list(_FIVE), :2].astype(np.float64) * (width / _MESH_SIZE, height / _MESH_SIZE))


def align(crop: Image, points: Points, size: int) -> Image:
    """Align a crop, BGR, by its five landmarks, `(5, 2)`: the result is RGB, `(size, size, 3)`, `uint8`."""
    aligned = cv2.warpAffine(
        crop,
        _similarity(points, _target(size)),
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.cvtColor(aligned, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _target(size: int) -> Points:
    """Return the canonical positions of the landmarks in an aligned face of this size, `(5, 2)`, in pixels."""
    chip = (_CHIP_POINTS + _PADDING) / (1 + 2 * _PADDING) * CHIP_SIZE
    return np.asarray(chip + (size - CHIP_SIZE) / 2)


def _similarity(points: Points, target: Points) -> Points:
    """Return the similarity transform, `(2, 3)`, that maps points closest to a target, both `(n, 2)`.

    Least squares without reflection, in closed form (Umeyama, 1991, "Least-squares estimation of transformation
    parameters between two point patterns").
    """
    centre, goal = points.mean(axis=0), target.mean(axis=0)
    source, wanted = points - centre, target - goal
    cosine = float((source * wanted).sum())
    sine = float((source[:, 0] * wanted[:, 1] - source[:, 1] * wanted[:, 0]).sum())
    linear = np.array([[cosine, -sine], [sine, cosine]]) / max(float((source**2).sum()), 1e-6)
    return np.asarray(np.column_stack([linear, goal - linear @ centre]))

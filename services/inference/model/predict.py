"""The verb: predict. From a picture, or from crops of faces, to named faces."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from familiar.services.inference.model.face_quality import too_poor
from familiar.services.inference.model.predictor import Confidences, Predictor
from familiar.shared.contract.manifest import Manifest
from familiar.shared.contract.messages import Box, Candidate, NamedFace, TooPoor
from familiar.shared.vision.detector import MOST_FACES, FaceDetector
from familiar.shared.vision.images import CROP_MARGIN, Image, cut_face, decode_image, limit_crop
from familiar.shared.vision.jpeg import is_bare_jpeg

CANDIDATES = 5


@dataclass(frozen=True)
class Answer:
    """Named faces of a picture of `width` by `height` pixels, and each step's duration in milliseconds.

    `crops` are those of the faces, in the same order: images, or the JPEG that was sent.
    """

    width: int
    height: int
    faces: tuple[NamedFace, ...]
    crops: tuple[Image | bytes, ...]
    timing_ms: dict[str, float]


def predict_picture(data: bytes, detector: FaceDetector, predictor: Predictor) -> Answer:
    """Detect and name the faces of an encoded picture, largest first, `MOST_FACES` at most.

    Raises:
        UnreadableImage, ImageTooLarge: see `familiar.shared.vision.images.decode_image`.
    """
    started = time.perf_counter()
    image = decode_image(data)
    decoded = time.perf_counter()
    boxes = detector.detect(image)[:MOST_FACES]
    crops = tuple(cut_face(image, box) for box in boxes)
    detected = time.perf_counter()
    poor = [too_poor(crop, box.width) for crop, box in zip(crops, boxes, strict=True)]
    faces = name_faces(crops, boxes, poor, predictor)
    classified = time.perf_counter()
    height, width = image.shape[:2]
    steps = {"decode": decoded - started, "detect": detected - decoded, "classify": classified - detected}
    return Answer(width, height, faces, crops, in_milliseconds({**steps, "total": classified - started}))


def predict_crop(data: bytes, predictor: Predictor) -> Answer:
    """Name the face of an encoded picture that is the crop of one, without detection.

    Raises:
        UnreadableImage, ImageTooLarge: see `familiar.shared.vision.images.decode_image`.
    """
    started = time.perf_counter()
    image = decode_image(data)
    decoded = time.perf_counter()
    height, width = image.shape[:2]
    crop = limit_crop(image)
    poor = too_poor(crop, width / (1 + 2 * CROP_MARGIN))
    faces = name_faces((crop,), (Box(x=0, y=0, width=width, height=height),), (poor,), predictor)
    classified = time.perf_counter()
    steps = {"decode": decoded - started, "classify": classified - decoded, "total": classified - started}
    # Re-encoding would lose detail.
    kept = data if crop is image and is_bare_jpeg(data) else crop
    return Answer(width, height, faces, (kept,), in_milliseconds(steps))


def name_faces(
    crops: Sequence[Image], boxes: Sequence[Box], poor: Sequence[TooPoor | None], predictor: Predictor
) -> tuple[NamedFace, ...]:
    """Name the face of each crop, unless `poor` gives a reason against it; its box goes into the answer."""
    asked = [crop for crop, reason in zip(crops, poor, strict=True) if reason is None]
    confidences = iter(predictor.confidences(asked))
    return tuple(
        name_face(box, next(confidences), predictor) if reason is None else unnamed_face(box, reason)
        for box, reason in zip(boxes, poor, strict=True)
    )


def name_face(box: Box, confidences: Confidences, predictor: Predictor, track_id: str | None = None) -> NamedFace:
    """Name a face by its confidences, `(people,)`: the likeliest person, from the version's threshold on.

    With a `track_id`, they are the track's average, and judged by the version's threshold for tracks.
    """
    order = confidences.argsort()[::-1][:CANDIDATES]
    candidates = tuple(
        Candidate(person=predictor.people[index], confidence=round(min(float(confidences[index]), 1.0), 4))
        for index in order
    )
    likeliest = candidates[0]
    known = float(confidences[order[0]]) >= _threshold(predictor.manifest, track_id)
    return NamedFace(
        box=box,
        person=likeliest.person if known else None,
        confidence=likeliest.confidence,
        reason=None if known else "below_threshold",
        candidates=candidates,
        track_id=track_id,
    )


def _threshold(manifest: Manifest, track_id: str | None) -> float:
    if track_id is None or manifest.track_threshold is None:
        return manifest.threshold
    return manifest.track_threshold


def unnamed_face(box: Box, reason: TooPoor, track_id: str | None = None) -> NamedFace:
    """Return the answer to a face that shows too little to be named."""
    return NamedFace(box=box, person=None, confidence=0, reason=reason, candidates=(), track_id=track_id)


def in_milliseconds(seconds: dict[str, float]) -> dict[str, float]:
    """Convert durations from seconds to milliseconds, rounded to a hundredth."""
    return {step: round(duration * 1000, 2) for step, duration in seconds.items()}

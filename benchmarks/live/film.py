"""The film that the cameras play, a video or a drawn person, and the cost of a frame of it in one loop."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path

import cv2

from benchmarks.bare_model import BareModel
from benchmarks.face_reader import images_of
from benchmarks.pictures import DRAWN, Size, fit
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.extractor.extract import find_faces
from familiar.services.extractor.live.detector import LiveDetector, compiled_searches
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.vision.images import Image

FRAMES_PER_SECOND = 30

_DRAWN_FRAMES = 300
_CODEC = cv2.VideoWriter.fourcc(*"mp4v")


@dataclass(frozen=True)
class LoopCost:
    """The cost of a frame of the film in one loop of one process, in milliseconds of wall and CPU time."""

    milliseconds_a_frame: float
    cpu_milliseconds_a_frame: float


def write_film(video: Path | None, path: Path, size: Size) -> None:
    """Write a video, or without one a drawn person, as MPEG-4 in the given size and at 30 frames a second.

    Raises:
        SourceFailed: the video cannot be decoded, or OpenCV cannot write the film.
    """
    images = _drawn(size) if video is None else images_of([video])
    writer = cv2.VideoWriter(str(path), _CODEC, FRAMES_PER_SECOND, size)
    if not writer.isOpened():
        raise SourceFailed(f"OpenCV cannot write a film of {size[0]} by {size[1]} pixels.")
    for image in images:
        writer.write(fit(image, size))
    writer.release()


def loop_over(film: Path, version: Path, frames: int) -> LoopCost:
    """Measure one loop over so many frames that decodes, detects as the extractor does, crops and names."""
    model, detector = BareModel(version), LiveDetector(compiled_searches())

    def answer(image: Image) -> None:
        for face in find_faces(image, detector):
            model.classify(face.crop)

    images = chain.from_iterable(images_of([film]) for _ in repeat(None))
    answer(next(images))
    started, started_cpu = time.perf_counter(), time.process_time()
    for image in islice(images, frames):
        answer(image)
    elapsed, elapsed_cpu = time.perf_counter() - started, time.process_time() - started_cpu
    return LoopCost(1000 * elapsed / frames, 1000 * elapsed_cpu / frames)


def _drawn(size: Size) -> Iterator[Image]:
    drawn = person(DRAWN[0])
    return (draw(drawn, frame / FRAMES_PER_SECOND, *size) for frame in range(_DRAWN_FRAMES))

"""Strangers' faces for a training, read from the store and from the folder that FAMILIAR_STRANGERS names."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from familiar.services.trainer.data.split_strangers import Strangers, split_strangers
from familiar.services.trainer.data.stranger_detections import Detections
from familiar.shared.contract.errors import ImageTooLarge, StrangersUnavailable, UnreadableImage
from familiar.shared.contract.messages import Box
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.detector import FaceDetector, open_detector
from familiar.shared.vision.images import Image, ToInput, crops_in, decode_image, to_model_input
from familiar.shared.vision.picture_files import is_picture

FOLDER = "folder"

_log = structlog.get_logger()


@dataclass(frozen=True)
class StrangersRead:
    """Strangers' faces as read; `faces` counts them by source, `passed_over` counts unusable pictures."""

    images: Strangers
    faces: Mapping[str, int]
    passed_over: int


def read_strangers(
    store: StrangerStore, folder: Path | None, yunet: Path | None = None, to_input: ToInput = to_model_input
) -> StrangersRead:
    """Read every stranger's face as a model input; pictures in `folder` are searched for faces.

    `yunet` is the detector's model (`open_detector`): strangers must be cropped as people are, or the crop alone would
    tell them apart.

    A picture that cannot be read or shows no face is skipped and counted: one bad file among thousands is no reason not
    to train. Detections are cached.

    Raises:
        StrangersUnavailable: the folder is missing, or there is no face in it.
        OSError: the disk is full.
    """
    by_source: dict[StrangerSource, list[Image]] = {source: [] for source in StrangerSource}
    passed_over = 0
    for face in store.faces():
        try:
            by_source[face.source].append(decode_image(face.jpeg))
        except (UnreadableImage, ImageTooLarge) as error:
            _log.warning("stranger's face passed over", file=f"{face.face_id}.jpg", error=error.detail)
            passed_over += 1
    found, useless = _search(folder, store.detections_path, yunet) if folder is not None else ([], 0)
    counts = {**{str(source): len(faces) for source, faces in by_source.items()}, FOLDER: len(found)}
    others = [*by_source[StrangerSource.FETCHED], *by_source[StrangerSource.GIVEN], *found]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        inputs, marked = (list(threads.map(to_input, crops)) for crops in (others, by_source[StrangerSource.MARKED]))
    return StrangersRead(
        split_strangers(inputs, marked),
        {source: count for source, count in counts.items() if count},
        passed_over + useless,
    )


def _search(folder: Path, detections_path: Path, yunet: Path | None) -> tuple[list[Image], int]:
    """Find the faces in a folder's pictures, recursively; return their crops, and how many pictures have none."""
    if not folder.is_dir():
        raise StrangersUnavailable(
            f"FAMILIAR_STRANGERS names {str(folder)!r}, which is no folder. Name one with pictures of people who are "
            "not enrolled, or unset it to train without."
        )
    paths = sorted(path for path in folder.rglob("*") if is_picture(path))
    cores = os.cpu_count() or 1
    detectors: Pool[FaceDetector] = Pool(open_detector(yunet) for _ in range(cores))
    detections = Detections(detections_path, open_detector(yunet).described)
    with ThreadPoolExecutor(cores) as threads:
        faces_of_pictures = list(threads.map(lambda path: _faces_of(path, detectors, detections), paths))
    detections.save()
    faces = [face for faces in faces_of_pictures for face in faces]
    if not faces:
        raise StrangersUnavailable(
            f"No face was found in the {len(paths)} pictures of {str(folder)!r}, which FAMILIAR_STRANGERS names. Put "
            "in pictures of people who are not enrolled, or unset it to train without."
        )
    return faces, sum(not found for found in faces_of_pictures)


def _faces_of(path: Path, detectors: Pool[FaceDetector], detections: Detections) -> list[Image]:
    try:
        picture = path.read_bytes()
        image = decode_image(picture)
    except (OSError, UnreadableImage, ImageTooLarge) as error:
        _log.warning("picture passed over", file=str(path), error=str(error))
        return []

    def search() -> list[Box]:
        with detectors.lend() as detector:
            return detector.detect(image)

    return crops_in(image, detections.find(picture, search))

"""From files to crops of faces, found and chosen as an enrolment does, but for near-copies, which stay."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.people_folders import CLIP_ENDINGS
from benchmarks.progress import tell
from familiar.services.capture.source import open_source
from familiar.services.extractor.extract import FoundFace, SampleRules, choose_sample, find_faces
from familiar.services.extractor.second_look import SecondLook
from familiar.services.extractor.settings import ExtractorSettings
from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.source_address import SourceAddress, SourceKind
from familiar.shared.runtime.pool import Pool
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import Image, decode_image

# Images that are in memory at a time; a film has thousands.
BATCH = 32
TOLD_EVERY = 96


class FaceReader:
    """Finds faces with one detector a core. A context manager: leaving it ends the threads."""

    def __init__(self) -> None:
        """Take the rules for samples from the extractor's settings."""
        settings = ExtractorSettings()
        cores = os.cpu_count() or 1
        self._rules = SampleRules(settings.smallest_face, settings.least_sharpness)
        self._detectors = Pool((HaarDetector(), SecondLook()) for _ in range(cores))
        self._threads = ThreadPoolExecutor(cores, "faces")

    def __enter__(self) -> Self:
        """Give this reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads."""
        self._threads.shutdown()

    def read(self, sequences: Sequence[Sequence[Path]]) -> list[list[Image]]:
        """Cut the faces out of each sequence of clips and pictures, in order.

        An image without a face, with several, or with one that makes no sample adds nothing.
        """
        faces: list[list[Image]] = [[] for _ in sequences]
        images = ((number, image) for number, paths in enumerate(sequences) for image in images_of(paths))
        for number, crop in self._choose(images):
            faces[number].append(crop)
        return faces

    def read_first(self, paths: Iterable[Path], most: int) -> list[Image]:
        """Cut out the first faces of files, at most so many; what comes after them is not opened."""
        return [crop for _, crop in islice(self._choose((0, image) for image in images_of(paths)), most)]

    def _choose(self, images: Iterable[tuple[int, Image]]) -> Iterator[tuple[int, Image]]:
        """Find the face of each numbered image; give those found with their numbers, in order."""
        remaining, searched = iter(images), 0
        while batch := list(islice(remaining, BATCH)):
            numbers, pictures = zip(*batch, strict=True)
            chosen = self._threads.map(self._choose_face, pictures)
            yield from ((number, face.crop) for number, face in zip(numbers, chosen, strict=True) if face)
            searched += len(batch)
            if searched % TOLD_EVERY == 0:
                tell(f"  {searched} images searched for faces")

    def _choose_face(self, image: Image) -> FoundFace | None:
        with self._detectors.lend() as (detector, second_look):
            chosen = choose_sample(find_faces(image, detector), self._rules, second_look.certainty)
        return chosen if isinstance(chosen, FoundFace) else None


def images_of(paths: Iterable[Path]) -> Iterator[Image]:
    """Decode clips frame by frame, and pictures; a picture that cannot be read is told of and passed over.

    Raises:
        SourceFailed: a clip does not decode.
    """
    for path in paths:
        if path.suffix.lower() in CLIP_ENDINGS:
            yield from open_source(SourceAddress(SourceKind.FILE, str(path))).images
            continue
        try:
            yield decode_image(path.read_bytes())
        except (UnreadableImage, ImageTooLarge) as error:
            tell(f"  {path} is passed over: {error}")

"""Reading crops of faces from files, chosen as in an enrolment except that near-copies are kept."""

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
from familiar.services.extractor.sample_confirmation import SecondLook
from familiar.services.extractor.settings import ExtractorSettings
from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.source_address import SourceAddress, SourceKind
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import Image, decode_image

# Number of images in memory at a time.
BATCH = 32
TOLD_EVERY = 96


class FaceReader:
    """A reader of faces with one detector per core. Leaving its context ends the threads."""

    def __init__(self) -> None:
        """Use the sample rules of the extractor's settings."""
        settings = ExtractorSettings()
        cores = os.cpu_count() or 1
        self._rules = SampleRules(settings.smallest_face, settings.least_sharpness)
        self._detectors = Pool((HaarDetector(), SecondLook()) for _ in range(cores))
        self._threads = ThreadPoolExecutor(cores, "faces")

    def __enter__(self) -> Self:
        """Return this reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads."""
        self._threads.shutdown()

    def read(self, sequences: Sequence[Sequence[Path]]) -> list[list[Image]]:
        """Return the crops of each sequence of clips and pictures, in order.

        Images without exactly one face that qualifies as a sample are skipped.
        """
        faces: list[list[Image]] = [[] for _ in sequences]
        images = ((number, image) for number, paths in enumerate(sequences) for image in images_of(paths))
        for number, crop in self._choose(images):
            faces[number].append(crop)
        return faces

    def read_first(self, paths: Iterable[Path], most: int) -> list[Image]:
        """Return the crops of the first faces of files, at most `most`; later files are not opened."""
        return [crop for _, crop in islice(self._choose((0, image) for image in images_of(paths)), most)]

    def _choose(self, images: Iterable[tuple[int, Image]]) -> Iterator[tuple[int, Image]]:
        """Yield the crops of the faces in numbered images with their numbers, in order."""
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
    """Yield the frames of clips, and pictures; unreadable pictures are reported and skipped.

    Raises:
        SourceFailed: a clip cannot be decoded.
    """
    for path in paths:
        if path.suffix.lower() in CLIP_ENDINGS:
            yield from open_source(SourceAddress(SourceKind.FILE, str(path))).images
            continue
        try:
            yield decode_image(path.read_bytes())
        except (UnreadableImage, ImageTooLarge) as error:
            tell(f"  {path} is passed over: {error}")

"""Pictures for serving benchmarks: one face each, and crops to train on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import cv2

from benchmarks.face_reader import images_of
from benchmarks.people_folders import people_in
from benchmarks.usual_detector import PlainDetector
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.contract.slugs import slug_of
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import Image, cut_face, encode_jpeg

# Width and height in pixels.
Size = tuple[int, int]
SIZE: Size = (640, 480)
# Names whose drawn faces are detected.
DRAWN = ("arjun", "ben", "chloe", "dev", "emma", "farid", "karan", "lena", "mia", "zoe")

_DRAWN_SECONDS = 1000


@dataclass(frozen=True)
class Pictures:
    """JPEGs of pictures with one face each and of the crops of these faces, and crops by slug to train on."""

    pictures: tuple[bytes, ...]
    crops: tuple[bytes, ...]
    people: Mapping[str, Sequence[Image]]


def read_pictures(folder: Path | None, count: int, faces: int) -> Pictures:
    """Return `count` pictures, alternating between the people, and the crops of `faces` faces of each person.

    `folder` is as in `people_in`; without one, ten people are drawn. Only pictures are used in which both Familiar's
    and the plain detector find exactly one face, so that every server does the same work.

    Raises:
        SourceFailed: there is nobody in the folder, or a person has too few such pictures.
        InvalidName: a folder's or clip's name gives no slug.
    """
    sources = _images_of_people(folder)
    detector, plain = HaarDetector(), PlainDetector()
    each = max(faces, -(-count // len(sources)))
    found = {name: list(islice(_with_one_face(images, detector, plain), each)) for name, images in sources.items()}
    for name, own in found.items():
        if len(own) < each:
            raise SourceFailed(f"{name} has {len(own)} pictures of exactly one face, and {each} are needed.")
    turns = list(islice(chain.from_iterable(zip(*found.values(), strict=True)), count))
    return Pictures(
        tuple(encode_jpeg(picture) for picture, _ in turns),
        tuple(encode_jpeg(crop) for _, crop in turns),
        {name: [crop for _, crop in own[:faces]] for name, own in found.items()},
    )


def fit(image: Image, size: Size = SIZE) -> Image:
    """Scale an image to cover a size, and crop it to its centre."""
    wide, high = size
    height, width = image.shape[:2]
    scale = max(wide / width, high / height)
    covering = (max(wide, round(width * scale)), max(high, round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, covering, interpolation=interpolation)
    left, top = (covering[0] - wide) // 2, (covering[1] - high) // 2
    return scaled[top : top + high, left : left + wide].astype(image.dtype, copy=False)


def _images_of_people(folder: Path | None) -> dict[str, Iterator[Image]]:
    if folder is None:
        return {name: _drawn(name) for name in DRAWN}
    return {
        slug_of(files.name): (fit(image) for image in images_of((*files.clips, *files.pictures)))
        for files in people_in([folder])
    }


def _drawn(name: str) -> Iterator[Image]:
    drawn = person(name)
    return (draw(drawn, float(second)) for second in range(_DRAWN_SECONDS))


def _with_one_face(
    images: Iterator[Image], detector: HaarDetector, plain: PlainDetector
) -> Iterator[tuple[Image, Image]]:
    """Yield the images in which both detectors find exactly one face, with its crop."""
    for image in images:
        boxes = detector.detect(image)
        if len(boxes) == 1 and len(plain.detect(image)) == 1:
            yield image, cut_face(image, boxes[0])

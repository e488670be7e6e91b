"""Labeled Faces in the Wild: the address of its archive, its pictures, and the face in each.

Huang, Ramesh, Berg and Learned-Miller, "Labeled Faces in the Wild: A Database for Studying Face Recognition in
Unconstrained Environments" (University of Massachusetts, 2007): 250 by 250 pixels, the person's face at the centre.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from familiar.cli.fetch.download import RemoteFile
from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.messages import Box
from familiar.shared.vision.detector import FaceDetector
from familiar.shared.vision.images import cut_face, decode_image, encode_jpeg

# The authors' archive; scikit-learn uses the same address and SHA-256.
ARCHIVE = RemoteFile(
    "https://ndownloader.figshare.com/files/5976018",
    "055f7d9c632d7370e6fb4afc7468d40f970c34a80d4c6f50ffec63f5a8d536c0",
)
LARGEST_PICTURE = 1_000_000
CROP_QUALITY = 95

# <folder of the archive>/<person>/<picture>.jpg
_PARTS = 3


@dataclass(frozen=True)
class Picture:
    """A picture of the archive: its position among the members, the person's name, and the JPEG."""

    position: int
    person: str
    jpeg: bytes


def pictures_of(archive: Path) -> Iterator[Picture]:
    """Yield the pictures of an archive without extracting it to disk.

    All but regular files `<folder>/<person>/<picture>.jpg` of at most `LARGEST_PICTURE` bytes are skipped.
    """
    # In stream mode the archive is read once, holding one member at a time.
    with tarfile.open(archive, "r|gz") as members:
        for position, member in enumerate(members):
            path = PurePosixPath(member.name)
            plain = len(path.parts) == _PARTS and ".." not in path.parts and path.suffix.lower() == ".jpg"
            if plain and member.isreg() and 0 < member.size <= LARGEST_PICTURE:
                file = members.extractfile(member)
                if file is not None:
                    yield Picture(position, path.parent.name, file.read())


def middle_face(jpeg: bytes, detector: FaceDetector) -> bytes | None:
    """Return the JPEG of the crop of the largest face that covers the picture's centre, or None."""
    try:
        image = decode_image(jpeg)
    except (UnreadableImage, ImageTooLarge):
        return None
    height, width = image.shape[:2]
    for box in detector.detect(image):
        if _holds(box, width // 2, height // 2):
            return encode_jpeg(cut_face(image, box), CROP_QUALITY)
    return None


def _holds(box: Box, x: int, y: int) -> bool:
    return box.x <= x < box.x + box.width and box.y <= y < box.y + box.height

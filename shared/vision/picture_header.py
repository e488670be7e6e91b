"""Headers of pictures: how much work decoding takes, and which bytes it needs, before anything is decoded.

Each size is read from where OpenCV's decoder of the format reads it, so that both see the same one.
"""

import struct
from typing import NamedTuple

from familiar.shared.contract.errors import UnreadableImage
from familiar.shared.vision.jpeg import START_OF_IMAGE, read_frame
from familiar.shared.vision.png import PNG_SIGNATURE, read_png

_WEBP_HEADER = 30
_NOT_WHOLE = "The WebP breaks off, or its header is broken. Send a JPEG, PNG or WebP, whole."


class PictureHeader(NamedTuple):
    """The size in pixels, how often decoding passes over them (`scans`), and the bytes that it needs."""

    width: int
    height: int
    scans: int
    needed: bytes

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return self.width * self.height

    @property
    def work(self) -> int:
        """The number of pixels that decoding passes over, counted again for each scan."""
        return self.pixels * self.scans


def read_header(data: bytes, most_pixels: int) -> PictureHeader:
    """Read the header of a JPEG, PNG or WebP; of one with more than `most_pixels` perhaps nothing but its size.

    Raises:
        UnreadableImage: it is of another format, or broken.
        ImageTooLarge: it holds far more pixels than its size has.
    """
    if data[:2] == START_OF_IMAGE:
        return PictureHeader(*read_frame(data))
    if data.startswith(PNG_SIGNATURE):
        width, height, needed = read_png(data, most_pixels)
        return PictureHeader(width, height, 1, needed)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _read_webp(data)
    raise UnreadableImage


def _read_webp(data: bytes) -> PictureHeader:
    """Read the size of the only frame, or else that of the canvas, which no frame exceeds (RFC 9649, section 2)."""
    if len(data) < _WEBP_HEADER:
        raise UnreadableImage(_NOT_WHOLE)
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = (length & 0x3FFF for length in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        width, height = (int.from_bytes(data[start : start + 3], "little") + 1 for start in (24, 27))
    else:
        raise UnreadableImage(_NOT_WHOLE)
    return PictureHeader(width, height, 1, data)

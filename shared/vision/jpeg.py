"""What stands in a JPEG beside its pixels: how large it is, comments, and whether there is anything else."""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from familiar.shared.contract.errors import UnreadableImage

_START_OF_IMAGE = b"\xff\xd8"
_START_OF_SCAN = b"\xff\xda"
_END_OF_IMAGE = b"\xff\xd9"
_COMMENT_MARKER = b"\xff\xfe"
# Of sequential, progressive and lossless frames; C4, C8 and CC are something else.
_FRAME_HEADERS = frozenset(bytes([0xFF, code]) for code in range(0xC0, 0xD0) if code not in (0xC4, 0xC8, 0xCC))

# Quantisation and Huffman tables, and the interval of restarts.
_NEEDED = _FRAME_HEADERS | {b"\xff\xdb", b"\xff\xc4", b"\xff\xdd"}
_JFIF_MARKER = b"\xff\xe0"
# Before a marker there may be any number of fill bytes FF; behind 00 or another FF stands none (ITU-T T.81 B.1.1.2).
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
# Markers without a length: TEM, the restarts, and the start of an image.
_ALONE = frozenset(bytes([0xFF, code]) for code in (0x01, *range(0xD0, 0xD9)))
# What does not belong to scans: all markers but those of restarts, Huffman tables, scans and intervals of restarts.
_NO_SCAN = re.compile(rb"\xff[\x01-\xc3\xc5-\xcf\xd8\xd9\xdb\xdc\xde-\xfe]")


class _Segment(NamedTuple):
    """A part of a JPEG: its marker, and where that begins and the part ends."""

    marker: bytes
    start: int
    end: int


def size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Read the width and height of a JPEG from its frame header; None where there is none, or it is no JPEG.

    Asking Pillow takes as long as decoding a small picture.

    Raises:
        UnreadableImage: there is no end of image behind the first scan; OpenCV would fill the rest with grey.
    """
    if data[:2] != _START_OF_IMAGE:
        return None
    size, marker, start = None, b"", 0
    for marker, start, _ in _segments(data):
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data.ljust(start + 9), start + 5)
            size = width, height
    # What came last is what ends the segments.
    whole = data.find(_END_OF_IMAGE, start) > 0 if marker == _START_OF_SCAN else start < len(data)
    if size is not None and not whole:
        raise UnreadableImage("The JPEG breaks off before its end. Send it again, whole.")
    return size


def is_bare_jpeg(data: bytes) -> bool:
    """Tell whether bytes are a JPEG without metadata: no place, no camera, no thumbnail, as OpenCV writes it.

    There is nothing but what decoding needs: neither between its segments, nor between its scans, nor behind its end.
    """
    if data[:2] != _START_OF_IMAGE:
        return False
    position = 2
    for segment in _segments(data):
        if segment.start != position:
            return False
        if segment.marker == _START_OF_SCAN:
            beyond = _NO_SCAN.search(data, segment.end)
            return beyond is not None and beyond[0] == _END_OF_IMAGE and beyond.end() == len(data)
        if segment.marker not in _NEEDED and not _is_jfif(data, segment):
            return False
        position = segment.end
    return False


def with_comment(jpeg: bytes, comment: str) -> bytes:
    """Put a comment into a JPEG, as its first segment (marker COM, ITU-T T.81 section B.2.4.5)."""
    text = comment.encode()
    return jpeg[:2] + _COMMENT_MARKER + struct.pack(">H", len(text) + 2) + text + jpeg[2:]


def comment_of(jpeg: bytes) -> str | None:
    """Read the comment that `with_comment` put into a JPEG; None where there is none."""
    if jpeg[2:4] != _COMMENT_MARKER:
        return None
    length = int.from_bytes(jpeg[4:6], "big")
    return jpeg[6 : 4 + length].decode(errors="replace")


def _is_jfif(data: bytes, segment: _Segment) -> bool:
    """Tell whether a segment says the version of JFIF and how dense pixels are, and has no thumbnail."""
    contents = data[segment.start + 4 : segment.end]
    return segment.marker == _JFIF_MARKER and contents[:5] == b"JFIF\0" and contents[12:] == b"\0\0"


def _segments(data: bytes) -> Iterator[_Segment]:
    """Give the segments of a JPEG before its first scan, and at last what ends them: a scan, or the end.

    They are passed over by their lengths (ITU-T T.81 sections B.1.1.4 and B.2.2), because a thumbnail inside one of
    them has an end of its own. What lies between them is passed over as libjpeg does, which decodes the picture:
    with another reading of fill bytes it would see another frame than is seen here, and perhaps a far larger one.
    """
    position = 2
    while found := _MARKER.search(data, position):
        marker, start = found[0], found.start()
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            yield _Segment(marker, start, start + 2)
            return
        length = 0 if marker in _ALONE else max(2, int.from_bytes(data[start + 2 : start + 4], "big"))
        position = start + 2 + length
        yield _Segment(marker, start, position)
    yield _Segment(b"", len(data), len(data))

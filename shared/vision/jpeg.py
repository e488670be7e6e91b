"""What stands in a JPEG beside its pixels: how large it is, its scans, comments, and whether there is anything else."""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from familiar.shared.contract.errors import UnreadableImage

START_OF_IMAGE = b"\xff\xd8"
_START_OF_SCAN = b"\xff\xda"
_END_OF_IMAGE = b"\xff\xd9"
_COMMENT_MARKER = b"\xff\xfe"
# Frames of Huffman-coded bytes: baseline, extended and progressive. Hardly anything writes the other kinds.
_ONE_PASS_FRAMES = frozenset({b"\xff\xc0", b"\xff\xc1"})
_KNOWN_FRAMES = _ONE_PASS_FRAMES | {b"\xff\xc2"}
# Of sequential, progressive and lossless frames; C4, C8 and CC are something else.
_FRAME_HEADERS = frozenset(bytes([0xFF, code]) for code in range(0xC0, 0xD0) if code not in (0xC4, 0xC8, 0xCC))

# Quantisation and Huffman tables, and the interval of restarts.
_NEEDED = _ONE_PASS_FRAMES | {b"\xff\xdb", b"\xff\xc4", b"\xff\xdd"}
_JFIF_MARKER = b"\xff\xe0"
# Before a marker there may be any number of fill bytes FF; behind 00 or another FF stands none (ITU-T T.81 B.1.1.2).
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
# Markers without a length: TEM, the restarts, and the start of an image.
_ALONE = frozenset(bytes([0xFF, code]) for code in (0x01, *range(0xD0, 0xD9)))
# What ends a scan: all markers but those of restarts.
_NO_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
# A profile takes up to 255, and a depth map of 20 MB as many again.
_MOST_SEGMENTS = 2000


class _Segment(NamedTuple):
    """A part of a JPEG: its marker, and where that begins and the part ends."""

    marker: bytes
    start: int
    end: int


def read_frame(data: bytes) -> tuple[int, int, int, bytes]:
    """Return a JPEG's width, height and number of scans, and its bytes up to the end of its image.

    Asking Pillow takes as long as decoding a small picture. What looks like a scan inside of metadata, such as that of
    a thumbnail, counts as one: there are never more scans than are said.

    Raises:
        UnreadableImage: there is no frame or more than one, or one of a rare kind; or no end of image behind the first
            scan, where OpenCV would fill the rest with grey.
    """
    frames = []
    marker, start = b"", 0
    for marker, start, _ in _segments(data):
        if marker in _FRAME_HEADERS:
            frames.append((marker, start))
    if marker != _START_OF_SCAN or len(frames) != 1:
        raise UnreadableImage(
            "The JPEG breaks off before its pixels, or has more than one frame. Send a JPEG, PNG or WebP, whole."
        )
    if frames[0][0] not in _KNOWN_FRAMES:
        raise UnreadableImage("The JPEG is neither a baseline nor a progressive one. Save it as one of these.")
    end = data.find(_END_OF_IMAGE, start) + len(_END_OF_IMAGE)
    if end < start:
        raise UnreadableImage("The JPEG breaks off before its end. Send it again, whole.")
    size = data[frames[0][1] + 5 : frames[0][1] + 9]
    height, width = struct.unpack(">HH", size.ljust(4, b"\0"))
    # The decoder gets no byte behind this end, so none of the scans there.
    return width, height, data.count(_START_OF_SCAN, 0, end), data[:end]


def is_bare_jpeg(data: bytes) -> bool:
    """Tell whether bytes are a JPEG as OpenCV writes it: with a single scan and no place, camera or thumbnail.

    There is nothing but what decoding needs: neither between its segments, nor in its scan, nor behind its end.

    Raises:
        UnreadableImage: there is no end of segments.
    """
    if data[:2] != START_OF_IMAGE:
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

    Raises:
        UnreadableImage: there are more than `_MOST_SEGMENTS`.
    """
    position = 2
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, position)
        if found is None:
            yield _Segment(b"", len(data), len(data))
            return
        marker, start = found[0], found.start()
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            yield _Segment(marker, start, start + 2)
            return
        length = 0 if marker in _ALONE else max(2, int.from_bytes(data[start + 2 : start + 4], "big"))
        position = start + 2 + length
        yield _Segment(marker, start, position)
    raise UnreadableImage(f"The JPEG has more than {_MOST_SEGMENTS} segments. Save it anew, and send that.")

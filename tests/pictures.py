"""Pictures of all formats, whole and damaged, as anybody may send them."""

import io
import struct
import zlib

import numpy as np
from hypothesis import strategies as st
from PIL import Image as PillowImage

from familiar.shared.vision.images import Image


def noise(width: int, height: int) -> Image:
    """Give a picture in which no two places look the same."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def encoded(image: Image, kind: str, mode: str = "RGB", **options: object) -> bytes:
    """Encode an image in any format that Pillow writes."""
    file = io.BytesIO()
    PillowImage.fromarray(image[:, :, ::-1]).convert(mode).save(file, kind, **options)
    return file.getvalue()


def animated(kind: str, width: int, height: int, frames: int) -> bytes:
    """Give an animation in which every frame differs."""
    first, *others = (PillowImage.new("RGB", (width, height), (n * 40 % 256, 9, 200)) for n in range(frames))
    file = io.BytesIO()
    first.save(file, kind, save_all=True, append_images=others)
    return file.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Give a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, before: bytes = b"", behind: bytes = b"") -> bytes:
    """Give a PNG that says how large it is, with any pixels, and chunks before and behind them."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = header + before + png_chunk(b"IDAT", zlib.compress(pixels)) + behind + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def of_many_scans(width: int, height: int, scans: int) -> bytes:
    """Give a progressive JPEG of one colour, whose last scan is repeated until it has `scans`; each is a few bytes."""
    jpeg = encoded(np.full((height, width, 3), 90, np.uint8), "JPEG", "L", progressive=True)
    end = jpeg.rindex(b"\xff\xd9")
    last = jpeg[jpeg.rindex(b"\xff\xda", 0, end) : end]
    return jpeg[:end] + last * (scans - jpeg.count(b"\xff\xda")) + jpeg[end:]


def _sideways() -> PillowImage.Exif:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    return exif


SMALL = noise(40, 24)
OF_ALL_KINDS = (
    encoded(SMALL, "JPEG"),
    encoded(SMALL, "JPEG", progressive=True, exif=_sideways()),
    encoded(SMALL, "JPEG", "CMYK"),
    encoded(SMALL, "JPEG", "L", restart_marker_blocks=1),
    encoded(SMALL, "PNG", exif=_sideways()),
    encoded(SMALL, "PNG", "RGBA"),
    encoded(SMALL, "PNG", "P", icc_profile=b"profile"),
    encoded(SMALL, "PNG", "I;16"),
    animated("PNG", 40, 24, 3),
    encoded(SMALL, "WEBP", exif=_sideways()),
    encoded(SMALL, "WEBP", "RGBA", lossless=True),
    animated("WEBP", 40, 24, 3),
)


def _damaged(picture: bytes, other: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    """Replace some bytes at each cut (a share of the length), and append another file."""
    for share, length, patch in cuts:
        at = int(share * len(picture))
        picture = picture[:at] + patch + picture[at + length :]
    return picture + other


def damaged(whole: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Give files in which bytes are changed, missing, or too many."""
    share = st.floats(0, 1)
    # The first bytes say most, so most of the damage is there.
    place = share | share.map(lambda one: one / 10)
    patch = st.binary(max_size=6) | st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\xff\xda", b"\xff\xd9", b"\x7f" * 4])
    cuts = st.lists(st.tuples(place, st.integers(0, 6), patch), max_size=4)
    return st.builds(_damaged, whole, st.just(b"") | whole, cuts)


def damaged_pictures() -> st.SearchStrategy[bytes]:
    """Give pictures of all kinds in which bytes are changed, missing, or too many."""
    return damaged(st.sampled_from(OF_ALL_KINDS))

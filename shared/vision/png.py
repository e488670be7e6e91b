"""What stands in a PNG beside its pixels: how large it is, and that nothing inflates to more than that."""

import struct
import zlib

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The signature, and IHDR with its length, kind and checksum.
_HEADER_END = 33
# What pixels depend on, and the EXIF orientation. Others, such as texts and profiles, may inflate a thousandfold.
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND"})
# 2 kB each in a picture of the largest size; encoders write 8 kB and more.
_MOST_CHUNKS = 10_000
_NOT_WHOLE = "The PNG breaks off, or is broken. Send a JPEG, PNG or WebP, whole."

# By colour type: grey, RGB, palette, grey with alpha, RGB with alpha (PNG specification, section 11.2.2).
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_BITS_PER_BYTE = 8
# How far deflate compresses at most, and how much may be inflated in vain: a quarter of a second.
_LARGEST_RATIO = 1032
_HARMLESS_BYTES = 200_000_000
# Of compressed bytes; they become at most 68 MB.
_AT_ONCE = 65_536


def read_png(data: bytes, most_pixels: int) -> tuple[int, int, bytes]:
    """Return the width and height of a PNG, and the PNG without what decoding does not need.

    One of more than `most_pixels` is not looked into any further.

    Raises:
        UnreadableImage: IHDR is not the first chunk, it breaks off, or has more than `_MOST_CHUNKS` chunks.
        ImageTooLarge: it holds far more pixels than its size has.
    """
    if data[12:16] != b"IHDR" or len(data) < _HEADER_END:
        raise UnreadableImage(_NOT_WHOLE)
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    if width * height > most_pixels:
        return width, height, data
    chunks: list[tuple[bytes, int, int]] = []
    position, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND":
        kind, end = data[position + 4 : position + 8], position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data):
            raise UnreadableImage(_NOT_WHOLE)
        if len(chunks) == _MOST_CHUNKS:
            raise UnreadableImage(f"The PNG has more than {_MOST_CHUNKS} chunks. Save it anew, and send that.")
        chunks.append((kind, position, end))
        position = end
    pixels = [data[start + 8 : end - 4] for kind, start, end in chunks if kind == b"IDAT"]
    row = -(-width * depth * _CHANNELS.get(colour, 1) // _BITS_PER_BYTE)
    _limit_inflation(b"".join(pixels), (row + 1) * height)
    needed = b"".join(data[start:end] for kind, start, end in chunks if kind in _NEEDED)
    return width, height, PNG_SIGNATURE + needed


def _limit_inflation(pixels: bytes, size: int) -> None:
    """Refuse compressed pixels of more than about twice their `size` in bytes; libpng would inflate all of them.

    Interlaced ones take some more than `size`, for the filter bytes of their passes.
    """
    if len(pixels) * _LARGEST_RATIO <= 2 * size + _HARMLESS_BYTES:
        return
    inflater, inflated = zlib.decompressobj(), 0
    try:
        for start in range(0, len(pixels), _AT_ONCE):
            inflated += len(inflater.decompress(pixels[start : start + _AT_ONCE]))
            if inflated > 2 * size + _HARMLESS_BYTES:
                raise ImageTooLarge("The PNG holds more pixels than its size has. Save it anew, and send that.")
    except zlib.error as error:
        raise UnreadableImage(_NOT_WHOLE) from error

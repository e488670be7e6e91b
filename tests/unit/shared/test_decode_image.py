"""Reading pictures from outside: what is taken, and what is refused before it takes memory."""

import io
import resource
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.vision.images import BYTE_LIMIT, Image, decode_image, encode_jpeg
from familiar.shared.vision.jpeg import is_bare_jpeg, with_comment


def noise(width: int, height: int) -> Image:
    """Give a picture in which no two places look the same."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def encoded(image: Image, kind: str, **options: object) -> bytes:
    """Encode an image in any format that Pillow writes."""
    file = io.BytesIO()
    PillowImage.fromarray(image[:, :, ::-1]).save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Give a PNG that says how large it is and has next to no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_header(width: int, height: int) -> bytes:
    """Give a small JPEG whose header was patched to another size."""
    data = bytearray(encode_jpeg(noise(16, 16)))
    start_of_frame = data.index(b"\xff\xc0")
    data[start_of_frame + 5 : start_of_frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_jpeg_png_and_webp_become_bgr_bytes(kind: str) -> None:
    """Blue is first: a blue picture has its bright values there."""
    blue = np.full((20, 30, 3), (250, 10, 10), np.uint8)
    image = decode_image(encoded(blue, kind))
    assert image.shape == (20, 30, 3)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - blue).max() < 12


def test_a_picture_with_transparency_loses_it() -> None:
    """Every image has three channels."""
    file = io.BytesIO()
    PillowImage.new("RGBA", (8, 6), (10, 20, 250, 128)).save(file, "PNG")
    assert decode_image(file.getvalue()).shape == (6, 8, 3)


def test_a_picture_that_was_taken_sideways_stands_upright() -> None:
    """EXIF orientation 6 means that the top of the scene is at the right of the file's rows."""
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    assert decode_image(encoded(noise(30, 20), "JPEG", exif=exif)).shape == (30, 20, 3)


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"Dear camera, this is a letter.\n", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]
)
def test_bytes_that_are_no_picture_are_refused_with_what_to_send(data: bytes) -> None:
    """Nothing, zeros, a text, and the first bytes of pictures."""
    with pytest.raises(UnreadableImage, match="Send a JPEG, PNG or WebP"):
        decode_image(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_that_breaks_off_is_refused(kind: str, share: float) -> None:
    """Half a face, grey below, would be worse than none."""
    data = encoded(noise(64, 48), kind)
    with pytest.raises(UnreadableImage):
        decode_image(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_a_picture_of_another_format_is_refused(kind: str) -> None:
    """OpenCV could read some of them; the contract is three formats."""
    with pytest.raises(UnreadableImage, match="JPEG, PNG or WebP"):
        decode_image(encoded(noise(8, 8), kind))


@pytest.mark.parametrize("data", [png_header(10_000, 10_000), jpeg_header(10_000, 10_000)], ids=["PNG", "JPEG"])
def test_a_picture_of_100_megapixels_is_refused_by_its_header(data: bytes) -> None:
    """The sentence has both numbers, and the pixels never take their 300 MB."""
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageTooLarge, match=r"100 megapixels.*at most 40"):
        decode_image(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before < 50_000


def test_a_picture_of_any_size_is_refused_the_same_way() -> None:
    """One of 2500 megapixels is beyond the limits of libraries, too."""
    with pytest.raises(ImageTooLarge):
        decode_image(png_header(50_000, 50_000))


def test_a_picture_of_more_than_20_megabytes_is_refused() -> None:
    """It is not even looked into: these are zeros."""
    with pytest.raises(ImageTooLarge):
        decode_image(b"\0" * (BYTE_LIMIT + 1))


def test_a_jpeg_as_opencv_or_pillow_writes_it_is_bare() -> None:
    """Its tables and sizes are no metadata. A progressive one is decoded scan after scan, and is not bare."""
    assert is_bare_jpeg(encode_jpeg(noise(16, 16)))
    assert is_bare_jpeg(encoded(noise(16, 16), "JPEG"))
    assert not is_bare_jpeg(encoded(noise(16, 16), "JPEG", progressive=True))


def test_a_jpeg_that_says_more_than_its_pixels_is_not_bare() -> None:
    """Where it was taken, a comment, a profile, something behind its end."""
    exif = PillowImage.Exif()
    exif[0x010F] = "a camera"
    for data in (
        encoded(noise(16, 16), "JPEG", exif=exif),
        encoded(noise(16, 16), "JPEG", icc_profile=b"profile"),
        with_comment(encode_jpeg(noise(16, 16)), "at home"),
        encode_jpeg(noise(16, 16)) + b"at home",
    ):
        assert decode_image(data).shape == (16, 16, 3)
        assert not is_bare_jpeg(data)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", encoded(noise(8, 8), "PNG")])
def test_what_is_no_jpeg_is_no_bare_one(data: bytes) -> None:
    """Whatever else it is."""
    assert not is_bare_jpeg(data)

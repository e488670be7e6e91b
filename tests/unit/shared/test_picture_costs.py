"""What decoding a picture from outside may cost: it is known from the header, and too much is refused by name."""

import os
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.vision.images import ASPECT_LIMIT, PIXEL_LIMIT, SCAN_LIMIT, WORK_LIMIT, check_picture, decode_image
from familiar.shared.vision.jpeg import comment_of, is_bare_jpeg
from tests.pictures import (
    OF_ALL_KINDS,
    SMALL,
    animated,
    damaged_pictures,
    encoded,
    noise,
    of_many_scans,
    png,
    png_chunk,
)

PIXELS = (b"\0" + bytes(10 * 3)) * 10


@given(damaged_pictures())
def test_a_damaged_picture_of_any_kind_is_as_large_as_its_header_says_or_refused_by_name(data: bytes) -> None:
    """Nothing else is raised, by nothing that reads it, and both readers of the size agree."""
    comment_of(data)
    try:
        header = check_picture(data)
        image = decode_image(data)
        is_bare_jpeg(data)
    except (UnreadableImage, ImageTooLarge):
        return
    assert sorted(image.shape[:2]) == sorted((header.height, header.width))


@pytest.mark.parametrize("data", OF_ALL_KINDS)
def test_pictures_of_all_kinds_are_read_at_the_size_of_their_header(data: bytes) -> None:
    """Animations by their first frame."""
    header = check_picture(data)
    assert (header.width, header.height) == (40, 24)
    assert sorted(decode_image(data).shape) == [3, 24, 40]


@pytest.mark.parametrize(
    ("side", "scans"), [(48, SCAN_LIMIT + 1), (2000, WORK_LIMIT // 2000**2 + 1)], ids=["small", "of 4 megapixels"]
)
def test_a_jpeg_of_more_scans_than_anybody_writes_is_refused(side: int, scans: int) -> None:
    """Each scan of a few bytes costs as much as all pixels."""
    with pytest.raises(ImageTooLarge, match=f"{scans} scans"):
        decode_image(of_many_scans(side, side, scans))


def test_no_scans_hide_behind_an_end_of_image_inside_of_a_table() -> None:
    """What is not counted is not decoded, either."""
    first, *others = of_many_scans(48, 48, SCAN_LIMIT + 1).split(b"\xff\xda")
    data = b"\xff\xda".join([first, others[0] + b"\xff\xc4\0\4\xff\xd9", *others[1:]])
    assert check_picture(data).needed.count(b"\xff\xda") == 1


def test_an_ordinary_progressive_jpeg_is_read_at_the_largest_size() -> None:
    """With the thumbnails of a camera."""
    jpeg = encoded(SMALL, "JPEG", progressive=True)
    assert check_picture(jpeg).scans * PIXEL_LIMIT + 2 * PIXEL_LIMIT <= WORK_LIMIT
    assert decode_image(jpeg).shape == SMALL.shape


def test_scans_behind_the_end_of_the_image_neither_count_nor_cost() -> None:
    """Cameras append videos and further pictures."""
    jpeg = encoded(SMALL, "JPEG")
    header = check_picture(jpeg + of_many_scans(48, 48, SCAN_LIMIT + 1))
    assert (header.scans, header.needed) == (1, jpeg)


@pytest.mark.parametrize(
    "extra",
    [
        png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(7_900_000), 9)) * 30,
        png_chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(7_900_000), 9)) * 30,
        png_chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(7_900_000), 9)),
        png_chunk(b"sPLT", b"k\0\x08" + bytes(600_000)),
        png_chunk(b"unKn", bytes(1000)),
    ],
    ids=["zTXt", "iTXt", "iCCP", "sPLT", "unknown"],
)
def test_nothing_of_a_png_is_inflated_but_its_pixels(extra: bytes) -> None:
    """2 MB of compressed text took half a minute."""
    for data in (png(10, 10, PIXELS, before=extra), png(10, 10, PIXELS, behind=extra)):
        assert check_picture(data).needed == png(10, 10, PIXELS)
        assert decode_image(data).shape == (10, 10, 3)


@pytest.mark.parametrize(
    "data",
    [png(10, 10, PIXELS, before=png_chunk(b"tEXt", b"a\0b") * 20_000), b"\xff\xd8" + b"\xff\x01" * 1_000_000],
    ids=["PNG", "JPEG"],
)
def test_a_picture_of_endless_parts_is_refused(data: bytes) -> None:
    """Each part takes a step here."""
    with pytest.raises(UnreadableImage, match=r"has more than .* Save it anew"):
        decode_image(data)


def test_pixels_beyond_the_last_row_are_not_inflated() -> None:
    """OpenCV's library would inflate all of them, a thousand bytes of each one that was sent."""
    rest = zlib.compressobj(1)
    pixels = rest.compress(PIXELS) + b"".join(rest.compress(bytes(1_000_000)) for _ in range(250)) + rest.flush()
    plain = png_chunk(b"IDAT", zlib.compress(PIXELS))
    with pytest.raises(ImageTooLarge, match="more pixels than its size has"):
        check_picture(png(10, 10, PIXELS).replace(plain, png_chunk(b"IDAT", pixels)))


def test_a_png_that_is_too_large_is_refused_before_anything_is_inflated() -> None:
    """Its pixels may be zeros without an end: these are not even compressed ones."""
    with pytest.raises(ImageTooLarge, match="3600 megapixels"):
        check_picture(png(60_000, 60_000, PIXELS).replace(zlib.compress(PIXELS), b"x" * len(zlib.compress(PIXELS))))


def test_a_large_png_of_one_colour_is_read() -> None:
    """Its pixels inflate a thousandfold, and by right."""
    data = encoded(np.full((4000, 4000, 3), 90, np.uint8), "PNG", compress_level=1)
    assert decode_image(data).shape == (4000, 4000, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_one_frame_is_read(kind: str) -> None:
    """However many there are."""
    assert decode_image(animated(kind, 64, 48, 200)).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("width", "height"), [(1, ASPECT_LIMIT + 1), (40 * ASPECT_LIMIT, 39)])
def test_a_picture_that_is_too_thin_is_refused(kind: str, width: int, height: int) -> None:
    """Reduced for detection, there would be nothing left of the shorter side."""
    with pytest.raises(UnreadableImage, match=f"{width} by {height} pixels is too thin"):
        decode_image(encoded(noise(width, height), kind))


def test_opencv_itself_decodes_nothing_larger() -> None:
    """Whatever a header hides: the limit is OpenCV's own in every process that imports Familiar, in any order."""
    data = encoded(np.zeros((4096, PIXEL_LIMIT // 4096 + 1, 3), np.uint8), "PNG", "L", compress_level=1)
    check = (
        "import sys, numpy, familiar.services.capture.source, cv2\n"
        "try: cv2.imdecode(numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8), 1)\n"
        "except cv2.error as error: print(error)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV_IO")}
    answer = subprocess.run([sys.executable, "-c", check], input=data, capture_output=True, check=True, env=environment)
    assert b"CV_IO_MAX_IMAGE_PIXELS" in answer.stdout
    with pytest.raises(cv2.error):
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

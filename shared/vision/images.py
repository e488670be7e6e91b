"""Images: decoding untrusted pictures, cropping faces, and converting crops to model inputs.

An image is a BGR array, `(height, width, 3)`, `uint8`, as in OpenCV. A model input is RGB, `(160, 160, 3)`, `uint8`:
normalisation is part of the exported network.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.messages import Box
from familiar.shared.vision.picture_header import PictureHeader, read_header

Image: TypeAlias = NDArray[np.uint8]
# Converts the crop of a face to a model input.
ToInput: TypeAlias = Callable[[Image], Image]

MODEL_INPUT_SIZE = 160
CROP_MARGIN = 0.15
CROP_SIZE_LIMIT = 256
BYTE_LIMIT = 20_000_000
PIXEL_LIMIT = 40_000_000
# Each scan of a JPEG passes over all pixels. Encoders write ten for a progressive picture; those of the largest size
# may have that many, and two that stand in metadata.
SCAN_LIMIT = 256
WORK_LIMIT = 12 * PIXEL_LIMIT
# Of the longer side to the shorter one. A thinner picture has room for no face, once it is reduced for detection.
ASPECT_LIMIT = 100

# A picture is taken for a crop if it is nearly square and the face fills it but for a margin.
_CROP_FILLED = 0.6
_CROP_ASPECT = 1.1
# Side of the crop of the smallest detectable face, 40 pixels: no crop is upscaled, which would blur it.
_SHARPNESS_SIZE = 52
_BROKEN = "The picture is broken: its header can be read, its pixels cannot. Send it again."


def check_picture(data: bytes) -> PictureHeader:
    """Return the header of a picture that may be decoded: it is small enough to be held, and soon done.

    Raises:
        UnreadableImage: the bytes are empty, not a picture, of another format or truncated, or the picture is thinner
            than 1 : `ASPECT_LIMIT`.
        ImageTooLarge: more than `BYTE_LIMIT` bytes, `PIXEL_LIMIT` pixels or `SCAN_LIMIT` scans, or too many of both.
    """
    if not data:
        raise UnreadableImage("The picture is empty: zero bytes arrived. Send a JPEG, PNG or WebP.")
    if len(data) > BYTE_LIMIT:
        raise ImageTooLarge
    header = read_header(data, PIXEL_LIMIT)
    if header.pixels > PIXEL_LIMIT:
        raise ImageTooLarge(
            f"The picture has {header.pixels / 1e6:.0f} megapixels. Send one of at most {PIXEL_LIMIT / 1e6:.0f}."
        )
    if header.scans > SCAN_LIMIT or header.work > WORK_LIMIT:
        raise ImageTooLarge(f"The JPEG has {header.scans} scans, too many for its size. Send a baseline JPEG.")
    if max(header.width, header.height) > ASPECT_LIMIT * min(header.width, header.height):
        raise UnreadableImage(
            f"The picture of {header.width} by {header.height} pixels is too thin. Cut out the part with the face."
        )
    return header


def decode_image(data: bytes) -> Image:
    """Decode a JPEG, PNG or WebP into an image, upright as its EXIF orientation says.

    The header is checked first, so that an oversized picture is rejected before its pixels are allocated. OpenCV has
    the same limit (`familiar/__init__.py`), should it ever read another size.

    Raises:
        UnreadableImage, ImageTooLarge: see `check_picture`; or the pixels are broken.
    """
    header = check_picture(data)
    try:
        image = cv2.imdecode(np.frombuffer(header.needed, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadableImage(_BROKEN) from error
    if image is None or image.size == 0:
        raise UnreadableImage(_BROKEN)
    return image.astype(np.uint8, copy=False)


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """Encode an image as JPEG."""
    encoded, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not encoded:
        raise UnreadableImage(f"An image of shape {image.shape} cannot be encoded as JPEG.")
    return data.tobytes()


def encode_png(image: Image) -> bytes:
    """Encode an image as PNG, losslessly and uncompressed: twice the bytes, but faster to decode."""
    _, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    return data.tobytes()


def cut_face(image: Image, box: Box) -> Image:
    """Crop a face from an image: a square around the box with a margin of `CROP_MARGIN` of its side.

    Pixels outside the image replicate its edge, so that a face at the border keeps its proportions. A crop larger than
    `CROP_SIZE_LIMIT` pixels is downscaled to that.
    """
    side = round(max(box.width, box.height) * (1 + 2 * CROP_MARGIN))
    left = box.x + box.width // 2 - side // 2
    top = box.y + box.height // 2 - side // 2
    height, width = image.shape[:2]
    inside = image[max(top, 0) : top + side, max(left, 0) : left + side]
    crop = cv2.copyMakeBorder(
        inside,
        max(-top, 0),
        max(top + side - height, 0),
        max(-left, 0),
        max(left + side - width, 0),
        cv2.BORDER_REPLICATE,
    )
    return limit_crop(crop.astype(np.uint8, copy=False))


def crops_in(image: Image, boxes: Sequence[Box]) -> list[Image]:
    """Return the crops of the boxes, largest first, in a picture, or the picture itself if it is a crop already."""
    height, width = image.shape[:2]
    square = max(height, width) <= _CROP_ASPECT * min(height, width)
    if square and boxes and boxes[0].width >= _CROP_FILLED * width:
        side = min(height, width)
        return [limit_crop(image[:side, :side])]
    return [cut_face(image, box) for box in boxes]


def limit_crop(crop: Image) -> Image:
    """Downscale a crop with a side over `CROP_SIZE_LIMIT` pixels to a square of that size."""
    if max(crop.shape[:2]) <= CROP_SIZE_LIMIT:
        return crop
    reduced = cv2.resize(crop, (CROP_SIZE_LIMIT, CROP_SIZE_LIMIT), interpolation=cv2.INTER_AREA)
    return reduced.astype(np.uint8, copy=False)


def to_model_input(crop: Image, size: int = MODEL_INPUT_SIZE) -> Image:
    """Convert the crop of a face into an unaligned model input: RGB, `(size, size, 3)`, `uint8`, 0..255.

    `size` is that of the version's network.
    """
    return cv2.cvtColor(resize_square(crop, size), cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def resize_square(image: Image, size: int) -> Image:
    """Resize an image, `uint8`, with any channels, to a square of this side; one of that size is returned as it is."""
    if image.shape[:2] == (size, size):
        return image
    interpolation = cv2.INTER_AREA if max(image.shape[:2]) > size else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=interpolation).astype(np.uint8, copy=False)


def sharpness(crop: Image) -> float:
    """Return the sharpness of a crop: the variance of its Laplacian at 52 by 52 pixels.

    The size is fixed to that of the smallest faces, so that near and far faces are comparable. The measure is from
    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    gray = cv2.resize(gray, (_SHARPNESS_SIZE, _SHARPNESS_SIZE), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())

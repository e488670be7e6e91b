"""Pictures: reading what comes from outside, cutting out a face, and the one road from face to model input.

An image is a BGR array, `(height, width, 3)`, `uint8`, as OpenCV has it. A model input is RGB,
`(160, 160, 3)`, `uint8`: normalisation sits inside the exported network.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.messages import Box
from familiar.shared.vision.jpeg import size_of_jpeg

Image: TypeAlias = NDArray[np.uint8]
# From the crop of a face to a model input.
ToInput: TypeAlias = Callable[[Image], Image]

MODEL_INPUT_SIZE = 160
CROP_MARGIN = 0.15
CROP_SIZE_LIMIT = 256
PIXEL_LIMIT = 40_000_000
BYTE_LIMIT = 20_000_000
FORMATS = ("JPEG", "PNG", "WEBP")

# A crop of a face is a square that the face fills but for its margin.
_CROP_FILLED = 0.6
_CROP_ASPECT = 1.1
# The crop of the smallest face that a detector finds, of 40 pixels: none is enlarged, which would make it smoother.
_SHARPNESS_SIZE = 52


def decode_image(data: bytes) -> Image:
    """Decode a JPEG, PNG or WebP into an image, upright as its EXIF orientation says.

    The header is read first, so that a picture of too many pixels never takes the memory of its pixels.

    Raises:
        UnreadableImage: the bytes are empty, not a picture, of another format, or broken off.
        ImageTooLarge: more than `BYTE_LIMIT` bytes or `PIXEL_LIMIT` pixels.
    """
    if not data:
        raise UnreadableImage("The picture is empty: zero bytes arrived. Send a JPEG, PNG or WebP.")
    if len(data) > BYTE_LIMIT:
        raise ImageTooLarge
    width, height = size_of_jpeg(data) or _size_of_any(data)
    if width * height > PIXEL_LIMIT:
        raise ImageTooLarge(
            f"The picture has {width * height / 1e6:.0f} megapixels. Send one of at most {PIXEL_LIMIT / 1e6:.0f}."
        )
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None or image.size == 0:
        raise UnreadableImage("The picture is broken: its header can be read, its pixels cannot. Send it again.")
    return image.astype(np.uint8, copy=False)


def _size_of_any(data: bytes) -> tuple[int, int]:
    """Read the width and height of a picture of one of the `FORMATS` from its header."""
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is for those who have none; the one that holds here is PIXEL_LIMIT.
            warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
            with PillowImage.open(io.BytesIO(data), formats=FORMATS) as header:
                return header.size
    except PillowImage.DecompressionBombError as error:
        raise ImageTooLarge from error
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadableImage from error


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """Encode an image as JPEG."""
    encoded, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not encoded:
        raise UnreadableImage(f"An image of shape {image.shape} cannot be encoded as JPEG.")
    return data.tobytes()


def encode_png(image: Image) -> bytes:
    """Encode an image as PNG, which loses nothing.

    Nor is it made smaller: it takes twice as many bytes, and is read in less time.
    """
    _, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    return data.tobytes()


def cut_face(image: Image, box: Box) -> Image:
    """Cut a face out of an image: the box and `CROP_MARGIN` of it on every side, as a square.

    What lies outside the image repeats its edge, so that a face at the border keeps its proportions.
    A crop larger than `CROP_SIZE_LIMIT` pixels is reduced to that.
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
    """Cut the faces in these boxes, largest first, out of a picture; one that is a crop already is a face as it is."""
    height, width = image.shape[:2]
    square = max(height, width) <= _CROP_ASPECT * min(height, width)
    if square and boxes and boxes[0].width >= _CROP_FILLED * width:
        side = min(height, width)
        return [limit_crop(image[:side, :side])]
    return [cut_face(image, box) for box in boxes]


def limit_crop(crop: Image) -> Image:
    """Make a crop with a side of more than `CROP_SIZE_LIMIT` pixels a square of that size; others stay as they are."""
    if max(crop.shape[:2]) <= CROP_SIZE_LIMIT:
        return crop
    reduced = cv2.resize(crop, (CROP_SIZE_LIMIT, CROP_SIZE_LIMIT), interpolation=cv2.INTER_AREA)
    return reduced.astype(np.uint8, copy=False)


def to_model_input(crop: Image, size: int = MODEL_INPUT_SIZE) -> Image:
    """Turn the crop of a face into model input: RGB, `(size, size, 3)`, `uint8`, 0..255.

    A version keeps the size that it was trained with, which its file tells.
    """
    return cv2.cvtColor(resize_square(crop, size), cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def resize_square(image: Image, size: int) -> Image:
    """Resize an image, `uint8`, of any channels, to a square of this side; one that is that already is given back."""
    if image.shape[:2] == (size, size):
        return image
    interpolation = cv2.INTER_AREA if max(image.shape[:2]) > size else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=interpolation).astype(np.uint8, copy=False)


def sharpness(crop: Image) -> float:
    """Measure how sharp a crop is: the variance of its Laplacian at 52 by 52 pixels.

    The size is fixed, and that of the smallest faces, so that near and far ones compare. The measure is Pech-Pacheco
    et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    gray = cv2.resize(gray, (_SHARPNESS_SIZE, _SHARPNESS_SIZE), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())

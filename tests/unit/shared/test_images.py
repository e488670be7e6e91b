"""Cutting faces out, the one road to model input, sharpness, and comments in JPEGs."""

import cv2
import numpy as np
import pytest

from familiar.shared.contract.messages import Box
from familiar.shared.vision.images import (
    CROP_SIZE_LIMIT,
    Image,
    cut_face,
    decode_image,
    encode_jpeg,
    sharpness,
    to_model_input,
)
from familiar.shared.vision.jpeg import comment_of, with_comment


def noise(width: int, height: int) -> Image:
    """Give a picture in which no two places look the same."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_a_face_is_cut_with_its_margin_as_a_square() -> None:
    """100 by 80 pixels, and 15 hundredths of the longer side all round."""
    image = noise(400, 300)
    crop = cut_face(image, Box(x=150, y=100, width=100, height=80))
    assert np.array_equal(crop, image[75:205, 135:265])


@pytest.mark.parametrize("corner", [(0, 0), (300, 0), (0, 200), (300, 200), (-20, -20)])
def test_a_face_at_the_border_keeps_its_size(corner: tuple[int, int]) -> None:
    """What lies outside repeats the edge."""
    crop = cut_face(noise(400, 300), Box(x=corner[0], y=corner[1], width=100, height=100))
    assert crop.shape == (130, 130, 3)


def test_what_lies_outside_the_picture_repeats_its_edge() -> None:
    """The rows above the picture look like its first row."""
    crop = cut_face(noise(400, 300), Box(x=150, y=0, width=100, height=100))
    assert np.array_equal(crop[0], crop[15])
    assert not np.array_equal(crop[15], crop[16])


def test_a_large_face_is_reduced_to_the_limit() -> None:
    """A crop takes no more room than a model can use."""
    crop = cut_face(noise(900, 900), Box(x=100, y=100, width=600, height=600))
    assert crop.shape == (CROP_SIZE_LIMIT, CROP_SIZE_LIMIT, 3)


@pytest.mark.parametrize("side", [60, 160, 256])
def test_model_input_is_160_pixels_square_with_red_first(side: int) -> None:
    """A crop is blue, green, red; a model takes red, green, blue, from 0 to 255."""
    crop = np.full((side, side, 3), (10, 20, 250), np.uint8)
    pixels = to_model_input(crop)
    assert pixels.shape == (160, 160, 3)
    assert pixels.dtype == np.uint8
    assert pixels[100, 100].tolist() == [250, 20, 10]


def test_sharpness_falls_with_every_blur() -> None:
    """The more a crop is blurred, the less sharp it is."""
    crop = noise(200, 200)
    measured = [
        sharpness(crop),
        *(sharpness(cv2.GaussianBlur(crop, (0, 0), sigma).astype(np.uint8)) for sigma in (2, 4, 8)),
    ]
    assert measured == sorted(measured, reverse=True)
    assert measured[0] > 10 * measured[-1]


def test_a_plain_wall_has_no_sharpness() -> None:
    """Where nothing changes there is no edge."""
    assert sharpness(np.full((90, 90, 3), 128, np.uint8)) == 0


def test_sharpness_compares_near_and_far_faces() -> None:
    """The same picture at twice the size is about as sharp."""
    crop = cv2.GaussianBlur(noise(112, 112), (0, 0), 2).astype(np.uint8)
    twice = cv2.resize(crop, (224, 224), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    assert sharpness(twice) == pytest.approx(sharpness(crop), rel=0.1)


def test_sharpness_of_a_small_face_is_not_that_of_an_enlarged_one() -> None:
    """Out of focus by the same share of the face, near and far ones are measured the same."""
    near = cv2.resize(noise(26, 26), (208, 208), interpolation=cv2.INTER_CUBIC)
    for share in (0.02, 0.04):
        blurred = cv2.GaussianBlur(near, (0, 0), share * 208).astype(np.uint8)
        far = cv2.resize(blurred, (52, 52), interpolation=cv2.INTER_AREA).astype(np.uint8)
        assert sharpness(far) == pytest.approx(sharpness(blurred), rel=0.05)


@pytest.mark.parametrize("comment", ["", "door", '{"camera": "Zoë 😀"}', "x" * 65_000])
def test_a_comment_comes_out_of_a_jpeg_as_it_went_in(comment: str) -> None:
    """Whatever its letters are."""
    assert comment_of(with_comment(encode_jpeg(noise(16, 16)), comment)) == comment


def test_a_comment_leaves_the_picture_as_it_was() -> None:
    """The JPEG still decodes, to the same pixels."""
    jpeg = encode_jpeg(noise(16, 16))
    assert np.array_equal(decode_image(with_comment(jpeg, "door")), decode_image(jpeg))


@pytest.mark.parametrize("data", [encode_jpeg(noise(16, 16)), b"", b"\xff\xd8"])
def test_a_jpeg_without_a_comment_has_none(data: bytes) -> None:
    """None is not the empty comment."""
    assert comment_of(data) is None

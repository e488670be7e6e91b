"""JPEGs as anybody may send them: whatever the bytes are, they are read as libjpeg reads them, or refused by name."""

import struct

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.vision.images import decode_image, encode_jpeg
from familiar.shared.vision.jpeg import comment_of, is_bare_jpeg, with_comment

PLAIN = encode_jpeg(np.full((16, 24, 3), 90, np.uint8))
START, APP0, REST = PLAIN[:2], PLAIN[2:20], PLAIN[20:]
NO_PICTURE = (UnreadableImage, ImageTooLarge)


def segment(code: int, data: bytes) -> bytes:
    """Give a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, code, len(data) + 2) + data


CODES = st.sampled_from([0x01, 0xC0, 0xC2, 0xC4, 0xD0, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xFE])
CONTENTS = st.binary(max_size=12)
WHOLE_SEGMENTS = st.builds(segment, CODES, CONTENTS)
TORN_SEGMENTS = st.builds(lambda code, length, data: bytes([0xFF, code]) + length + data, CODES, st.binary(), CONTENTS)
METADATA = st.builds(segment, st.sampled_from([0xE1, 0xE2, 0xED, 0xFE]), CONTENTS)
FILL = st.integers(0, 5).map(lambda count: b"\xff" * count)
# Of any size, and so small that OpenCV never takes long.
IMAGES = st.builds(
    lambda height, width, seed: np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 9),
)


def joined(parts: list[bytes]) -> bytes:
    """Give a JPEG in which these parts stand before what decoding needs."""
    return START + b"".join(parts) + REST


@given(st.binary() | st.lists(WHOLE_SEGMENTS | TORN_SEGMENTS | CONTENTS | FILL).map(joined))
def test_any_bytes_are_a_picture_or_refused_by_name(data: bytes) -> None:
    """Nothing else is raised, by nothing that reads them."""
    is_bare_jpeg(data)
    comment_of(data)
    try:
        image = decode_image(data)
    except NO_PICTURE:
        return
    assert image.shape == (16, 24, 3)


@given(st.binary(max_size=4), st.integers(0, len(PLAIN)), st.integers(0, 4))
def test_a_picture_that_was_damaged_is_as_large_as_before_or_refused(patch: bytes, at: int, removed: int) -> None:
    """Its frame may be what was damaged."""
    frame = PLAIN.index(b"\xff\xc0")
    assume(at + max(removed, len(patch)) <= frame or at > frame + 9)
    try:
        image = decode_image(PLAIN[:at] + patch + PLAIN[at + removed :])
    except NO_PICTURE:
        return
    assert image.shape == (16, 24, 3)


@given(FILL, FILL)
def test_fill_bytes_before_a_marker_change_nothing(before_first: bytes, before_second: bytes) -> None:
    """Any number of them may stand there (ITU-T T.81 section B.1.1.2); no camera sends them, and they are not bare."""
    data = START + before_first + APP0 + before_second + REST
    assert np.array_equal(decode_image(data), decode_image(PLAIN))
    assert is_bare_jpeg(data) is (data == PLAIN)


def test_no_frame_hides_behind_another() -> None:
    """Libjpeg takes the first of these, of 49 megapixels; with the fill byte for a marker, the second is found."""
    frame = REST.index(b"\xff\xc0")
    large = REST[: frame + 5] + struct.pack(">HH", 7000, 7000) + REST[frame + 9 : -2]
    data = START + b"\xff" + APP0 + large
    length = int.from_bytes(data[4:6], "big")
    with pytest.raises(ImageTooLarge, match="49 megapixels"):
        decode_image(data.ljust(4 + length, b"\0") + REST)


@given(IMAGES, st.integers(1, 100))
def test_what_opencv_writes_is_bare(image: np.ndarray, quality: int) -> None:
    """At any size and quality, and is read at that size."""
    jpeg = encode_jpeg(image, quality)
    assert is_bare_jpeg(jpeg)
    assert decode_image(jpeg).shape == image.shape


@given(METADATA, st.booleans())
def test_no_metadata_is_bare_wherever_it_stands(data: bytes, behind_app0: bool) -> None:  # noqa: FBT001 - one of the facts
    """The picture is read all the same."""
    jpeg = START + APP0 + data + REST if behind_app0 else START + data + APP0 + REST
    assert not is_bare_jpeg(jpeg)
    assert np.array_equal(decode_image(jpeg), decode_image(PLAIN))


@given(st.binary(min_size=1) | METADATA.map(lambda data: START + data + REST))
def test_what_has_something_behind_its_end_is_not_bare(behind: bytes) -> None:
    """Be it another JPEG, as cameras append for screens."""
    assert not is_bare_jpeg(PLAIN + behind)


@given(METADATA)
def test_what_has_something_between_its_scans_is_not_bare(data: bytes) -> None:
    """A decoder passes it over."""
    assert not is_bare_jpeg(PLAIN[:-2] + data + PLAIN[-2:])


@pytest.mark.parametrize("contents", [b"JFXX\0\x10" + PLAIN, b"JFIF\0\x01\1\0\0\1\0\1\1\1abc", b"at home"])
def test_a_thumbnail_is_not_bare(contents: bytes) -> None:
    """JFIF has two places for one."""
    assert not is_bare_jpeg(START + segment(0xE0, contents) + REST)


@given(st.text(max_size=16_000), IMAGES)
def test_a_comment_comes_out_as_it_went_in_and_leaves_the_picture_alone(comment: str, image: np.ndarray) -> None:
    """Whatever its letters and the picture are."""
    jpeg = encode_jpeg(image)
    commented = with_comment(jpeg, comment)
    assert comment_of(commented) == comment
    assert not is_bare_jpeg(commented)
    assert np.array_equal(decode_image(commented), decode_image(jpeg))

"""Reading the picture of a request: as the body, or as the field `image` of a form."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from familiar.services.inference.http.uploads import read_picture
from familiar.shared.contract.errors import ImageTooLarge, InvalidRequest, UnsupportedMediaType
from familiar.shared.vision.images import BYTE_LIMIT

PICTURE = b"\xff\xd8\x00 not looked into here \r\n--\xff"
MEGABYTE = b"\0" * 1_000_000


def read(headers: dict[str, str], parts: Sequence[bytes]) -> tuple[bytes, int]:
    """Read a request whose body comes in these parts; give the picture and how many parts were taken."""
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts)}

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    request = Request({"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": raw}, receive)
    try:
        return asyncio.run(read_picture(request)), taken
    except ImageTooLarge as error:
        error.add_note(str(taken))
        raise


def form(**fields: tuple[str | None, bytes]) -> tuple[dict[str, str], list[bytes]]:
    """Give the headers and the body of a form with these fields."""
    request = httpx.Request("POST", "http://localhost", files=list(fields.items()))
    return {"content-type": request.headers["content-type"]}, [request.read()]


@pytest.mark.parametrize(
    "media_type",
    ["image/jpeg", "image/png", "image/webp", "application/octet-stream", "IMAGE/JPEG", "image/jpeg; charset=binary"],
)
def test_the_body_is_the_picture(media_type: str) -> None:
    """In as many parts as it comes in."""
    assert read({"content-type": media_type}, [PICTURE[:5], b"", PICTURE[5:]])[0] == PICTURE


def test_the_field_image_of_a_form_is_the_picture() -> None:
    """Other fields are passed over."""
    assert read(*form(comment=(None, b"from the door"), image=("zoe.jpg", PICTURE)))[0] == PICTURE


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "image/gif", "image/svg+xml", "jpeg", ""])
def test_a_body_of_another_type_is_refused_with_those_there_are(media_type: str) -> None:
    """The sentence says what was sent, and what may be."""
    with pytest.raises(UnsupportedMediaType, match=r"Content-Type.*image/jpeg, image/png or image/webp"):
        read({"content-type": media_type}, [PICTURE])


def test_a_body_without_a_type_is_refused() -> None:
    """Nobody guesses."""
    with pytest.raises(UnsupportedMediaType, match="has no Content-Type"):
        read({}, [PICTURE])


@pytest.mark.parametrize(
    "fields", [{}, {"picture": ("zoe.jpg", PICTURE)}, {"image": (None, b"a text, and no file")}], ids=str
)
def test_a_form_without_a_picture_is_refused_by_the_name_of_its_field(
    fields: dict[str, tuple[str | None, bytes]],
) -> None:
    """Another name, or no file in it."""
    headers, body = form(**fields) if fields else ({"content-type": "multipart/form-data; boundary=b"}, [b"--b--\r\n"])
    with pytest.raises(InvalidRequest, match="no file in the field `image`"):
        read(headers, body)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", PICTURE),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        (
            "multipart/form-data; boundary=b; charset=nonsense",
            b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
        ),
        ("multipart/form-data; boundary=b", b"--b\r\nno colon here\r\n\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--b--\r\n"),
    ],
    ids=["no boundary", "another body", "unknown charset", "broken header", "no field name"],
)
def test_a_form_that_cannot_be_read_is_an_invalid_request(media_type: str, body: bytes) -> None:
    """However it is broken, it is the sender's mistake and not ours."""
    with pytest.raises(InvalidRequest, match="multipart body"):
        read({"content-type": media_type}, [body])


@pytest.mark.parametrize(
    "charset", ["punycode", "undefined", "idna", "a\0b", "unicode_escape", "rot13", "base64", "utf-16", "x" * 9999, ""]
)
def test_a_charset_that_no_form_has_is_passed_over_or_an_invalid_request(charset: str) -> None:
    """Python has many that are none, and fail with errors of their own."""
    body = b'--b\r\nContent-Disposition: form-data; name="\xff\\x"\r\n\r\nx\r\n--b--\r\n'
    with pytest.raises(InvalidRequest):
        read({"content-type": f"multipart/form-data; boundary=b; charset={charset}"}, [body])


PART = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="x"\r\n\r\nx\r\n'
FIELD = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    "body",
    [PART % b"image" * 2000, FIELD % b"more" * 2000, b"--b\r\n" + b"A: b\r\n" * 9999, b"--b\r\nA: " + b"a" * 99_999],
    ids=["files", "fields", "headers", "header"],
)
def test_a_form_of_endless_parts_is_an_invalid_request(body: bytes) -> None:
    """It is not read to its end."""
    with pytest.raises(InvalidRequest, match="multipart body"):
        read({"content-type": "multipart/form-data; boundary=b"}, [body, PICTURE, b"\r\n--b--\r\n"])


PARTS = st.sampled_from(
    [
        PART % b"image",
        FIELD % b"image",
        PART % b"a\"; name*=idna''%ff; filename*0=\"",
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
        b"--b\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=image\r\n\r\n\xff\r\n",
        b"--b--\r\n",
        b"--b",
        b"\r\n",
        b"\r\n\r\n",
        b": ",
        b"\0",
    ]
)
TYPES = st.sampled_from(
    [
        "multipart/form-data; boundary=b",
        'multipart/form-data; boundary="b"; charset=undefined',
        "multipart/form-data; charset=idna; boundary=b",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 300,
        "multipart/form-data; boundary*=utf-8''b",
        "multipart/mixed; boundary=b",
        "image/jpg; q=1",
        "image/jpeg; charset=undefined",
        ";",
    ]
)


@given(TYPES | st.text(st.characters(codec="latin-1"), max_size=40), st.lists(PARTS | st.binary(max_size=20)))
def test_any_body_of_any_type_is_read_or_refused_by_name(media_type: str, parts: list[bytes]) -> None:
    """Nothing else is raised."""
    with suppress(UnsupportedMediaType, InvalidRequest, ImageTooLarge):
        picture, _ = read({"content-type": media_type}, parts or [b""])
        assert len(picture) <= sum(map(len, parts))


@pytest.mark.parametrize("media_type", ["image/jpeg", "multipart/form-data; boundary=b"])
def test_a_body_that_is_too_large_is_not_read_to_its_end(media_type: str) -> None:
    """A hundred megabytes are on their way; reading stops at the limit."""
    first = b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
    with pytest.raises(ImageTooLarge, match="at most 40 megapixels and 20 MB") as caught:
        read({"content-type": media_type}, [first, *[MEGABYTE] * 100])
    (taken,) = map(int, caught.value.__notes__)
    assert taken <= BYTE_LIMIT // len(MEGABYTE) + 2

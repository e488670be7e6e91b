"""Reading HTTP answers, in whatever pieces they come."""

from collections.abc import Callable

import pytest

from benchmarks.http_connection import Answer, get_request, picture_request, read_answer

ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 12\r\n\r\n{"faces": 1}'


def handing_out(*pieces: bytes) -> Callable[[int], bytes]:
    """Give what hands out these pieces, and then nothing more."""
    remaining = iter(pieces)
    return lambda _most: next(remaining, b"")


@pytest.mark.parametrize("length", [1, 7, 60, len(ANSWER)])
def test_an_answer_is_read_in_any_pieces(length: int) -> None:
    """Wherever they are cut."""
    pieces = [ANSWER[start : start + length] for start in range(0, len(ANSWER), length)]
    assert read_answer(handing_out(*pieces)) == Answer(200, b'{"faces": 1}')


def test_an_answer_may_be_empty() -> None:
    """Then it is over with its head."""
    assert read_answer(handing_out(b"HTTP/1.1 503 Busy\r\ncontent-length:0\r\n\r\n")) == Answer(503, b"")


@pytest.mark.parametrize("sent", [b"", ANSWER[:30], ANSWER[:-1]])
def test_an_answer_that_breaks_off_is_none(sent: bytes) -> None:
    """In its head or in its body."""
    pieces = [sent] if sent else []
    with pytest.raises(ConnectionError, match="hung up"):
        read_answer(handing_out(*pieces))


def test_an_answer_without_a_length_is_refused() -> None:
    """Its end could not be told; that a body says so does not count."""
    with pytest.raises(ValueError, match="Content-Length"):
        read_answer(handing_out(b"HTTP/1.1 200 OK\r\n\r\n\r\ncontent-length: 3"))


def test_requests_are_whole() -> None:
    """Head, length and body."""
    assert picture_request(8000, "/v1/predictions?crop=true", b"\xff\xd8") == (
        b"POST /v1/predictions?crop=true HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
        b"Content-Type: image/jpeg\r\nContent-Length: 2\r\n\r\n\xff\xd8"
    )
    assert b"\r\nAuthorization: Bearer abc\r\n" in picture_request(8000, "/", b"", "abc")
    assert get_request(8000, "/", "abc").endswith(b"\r\nAuthorization: Bearer abc\r\n\r\n")
    assert get_request(8000, "/v1/models") == b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"

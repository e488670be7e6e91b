"""A minimal HTTP client for a server on this machine, cheap enough not to distort its measurement."""

import re
import socket
from collections.abc import Callable
from typing import NamedTuple

OK = 200

_HEAD_END = b"\r\n\r\n"
_STATUS = slice(9, 12)
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RECEIVED_AT_ONCE = 65536
_TIMEOUT_SECONDS = 30.0


class Answer(NamedTuple):
    """An HTTP response."""

    status: int
    body: bytes


class Connection:
    """A client's keep-alive connection."""

    def __init__(self, port: int) -> None:
        """Connect to a port of this machine.

        Raises:
            OSError: nobody listens there.
        """
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> Answer:
        """Send a request, and return its response.

        Raises:
            OSError: the connection breaks or times out.
            ValueError: the response is malformed or has no Content-Length.
        """
        self._socket.sendall(request)
        return read_answer(self._socket.recv)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def read_answer(receive: Callable[[int], bytes]) -> Answer:
    """Read a response from `receive`, which returns at most the given number of bytes as `socket.recv` does.

    Raises:
        ConnectionError: the connection is closed early.
        ValueError: the response is malformed or has no Content-Length.
    """
    received = _more(receive)
    while (head_end := received.find(_HEAD_END)) < 0:
        received += _more(receive)
    length = _CONTENT_LENGTH.search(received, 0, head_end)
    if length is None:
        raise ValueError("The answer has no Content-Length.")
    body_start = head_end + len(_HEAD_END)
    end = body_start + int(length[1])
    while len(received) < end:
        received += _more(receive)
    return Answer(int(received[_STATUS]), received[body_start:end])


def _more(receive: Callable[[int], bytes]) -> bytes:
    piece = receive(_RECEIVED_AT_ONCE)
    if not piece:
        raise ConnectionResetError("The server hung up in the middle of an answer.")
    return piece


def get_request(port: int, path: str, token: str | None = None) -> bytes:
    """Return the bytes of a GET request, with a token where one is given."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{_authorization(token)}\r\n".encode()


def picture_request(port: int, path: str, jpeg: bytes, token: str | None = None) -> bytes:
    """Return the bytes of a POST request with a picture as its body, and with a token where one is given."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/jpeg\r\n{_authorization(token)}"
    return head.encode() + f"Content-Length: {len(jpeg)}\r\n\r\n".encode() + jpeg


def _authorization(token: str | None) -> str:
    return f"Authorization: Bearer {token}\r\n" if token else ""

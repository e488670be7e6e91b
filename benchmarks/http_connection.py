"""HTTP to a server of this machine, with so little work that the server is measured and not its client."""

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
    """An HTTP answer."""

    status: int
    body: bytes


class Connection:
    """One client's connection, which is kept open."""

    def __init__(self, port: int) -> None:
        """Connect to a port of this machine.

        Raises:
            OSError: nobody listens there.
        """
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> Answer:
        """Send a request, and wait for its answer.

        Raises:
            OSError: the connection breaks, or nothing comes for half a minute.
            ValueError: what comes is no answer with a length.
        """
        self._socket.sendall(request)
        return read_answer(self._socket.recv)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def read_answer(receive: Callable[[int], bytes]) -> Answer:
    """Read an answer to its end from what `receive`, told the most bytes to take, hands out piece by piece.

    Raises:
        ConnectionError: it breaks off.
        ValueError: it is not HTTP, or does not say how long it is.
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


def get_request(port: int, path: str) -> bytes:
    """Make a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def picture_request(port: int, path: str, jpeg: bytes) -> bytes:
    """Make a POST whose body is the picture."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: image/jpeg\r\n"
    return head.encode() + f"Content-Length: {len(jpeg)}\r\n\r\n".encode() + jpeg

"""Bytes that are no HTTP, before a request and behind one: a problem or a closed connection, and no traceback."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.processes import inference, wait_until_answered
from familiar.cli.stack.local_stack import free_port
from familiar.shared.access.token_store import TokenStore
from tests.colour_crops import RED, crop_of

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the home of the process."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the log of the process."""
    return tmp_path_factory.mktemp("log") / "inference.log"


@pytest.fixture(scope="module")
def port(redis_url: str, home: Path, log: Path) -> Iterator[int]:
    """Give the port of an inference with a log."""
    chosen = free_port()
    with inference(home, redis_url, chosen, log) as process:
        wait_until_answered(chosen, HEALTH, process, log)
        yield chosen


def answers_to(port: int, request: bytes) -> bytes:
    """Send bytes, and read until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["TLS", "line", "header", "length"],
)
def test_what_is_no_http_is_a_problem(port: int, request_: bytes) -> None:
    """With what to correct, and the headers that every answer has."""
    head, _, body = answers_to(port, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert b"nosniff" in head
    assert json.loads(body)["code"] == "malformed-request"


def test_what_follows_a_request_ends_the_connection_and_nothing_else(port: int, home: Path, log: Path) -> None:
    """The answer in progress is not sent into a connection that is closed."""
    token = TokenStore(home).owner_secret().encode()
    picture = crop_of(RED)
    head = b"POST /v1/strangers HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %b\r\n" % token
    request = head + b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture
    for before in (request, request * 3) * 10:
        assert answers_to(port, before + b"\xff\xff\r\n\r\n") == b""
    for _ in range(10):
        # Two that are not waited for, and nobody who reads.
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(request * 2)
    assert answers_to(port, HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in log.read_text()

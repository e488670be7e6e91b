"""Connections that cost more than they bring: they are ended, and others are answered meanwhile."""

import asyncio
import contextlib
import resource
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from familiar.services.inference.http.limits import connections
from familiar.services.inference.http.server import Server
from tests.serving import wait_until

ASK = b"GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ASK_FOR_MORE = b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
# More than the system's buffers hold.
LARGE = 64_000_000

Connect = Callable[[], socket.socket]


async def endless() -> AsyncIterator[bytes]:
    """Give a byte from time to time."""
    while True:
        yield b"x"
        await asyncio.sleep(0.05)


@contextmanager
def served() -> Iterator[Connect]:
    """Serve a small, a large and an endless answer, and give what connects to them."""
    app = FastAPI()
    app.get("/healthz")(lambda: Response(b"well"))
    app.get("/small")(lambda: Response(b"small"))
    app.get("/large")(lambda: Response(bytes(LARGE)))
    app.get("/endless")(lambda: StreamingResponse(endless()))
    listening = socket.create_server(("127.0.0.1", 0), backlog=1000)
    server = Server(app, "127.0.0.1", 0, threading.Event())
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield lambda: socket.create_connection(listening.getsockname(), timeout=30)
    finally:
        server.should_exit = True
        thread.join()


def answer(connection: socket.socket, request: bytes = ASK) -> bytes:
    """Ask, and return what comes first."""
    connection.sendall(request)
    return connection.recv(4096)


def rest(connection: socket.socket) -> bytes:
    """Read until the other side ends the connection, or aborts it."""
    read = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 20):
            read += part
    return read


@pytest.mark.parametrize(
    "sent", [b"", b"GET /small HT", b"GET /small HTTP/1.1\r\nA: b\r\n"], ids=["nothing", "a line", "a header"]
)
def test_a_connection_that_brings_no_request_is_ended(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """Whether it is silent or has begun with one."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    with served() as connect, connect() as slow:
        slow.sendall(sent)
        assert rest(slow) == b""
        with connect() as honest:
            assert answer(honest).startswith(b"HTTP/1.1 200")


def test_a_second_request_has_as_much_time_as_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes one by one keep a connection open no longer."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    with served() as connect, connect() as slow:
        assert answer(slow).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET /")
        slow.settimeout(0.05)
        with contextlib.suppress(ConnectionError):
            while _is_open(slow):
                slow.sendall(b"a")


def _is_open(connection: socket.socket) -> bool:
    """Tell whether the other side has neither ended the connection nor sent anything."""
    try:
        ended = connection.recv(4096)
    except TimeoutError:
        return True
    assert ended == b""
    return False


def test_a_long_answer_may_take_longer_than_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who does not read at all is cut off."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.1)
    with served() as connect, connect() as patient:
        head = answer(patient, ASK_FOR_MORE)
        threading.Event().wait(0.5)
        assert len(head) + len(rest(patient)) > LARGE


def test_a_client_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent in vain does not stay in memory."""
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.3)
    with served() as connect, connect() as deaf:
        deaf.sendall(ASK_FOR_MORE)
        threading.Event().wait(1.0)
        assert len(rest(deaf)) < LARGE


def test_a_client_that_sends_many_requests_before_it_reads_is_cut_off() -> None:
    """They would all be kept; a few are answered one after the other."""
    with served() as connect, connect() as hasty, connect() as greedy:
        hasty.sendall(ASK * 10)
        received = b""
        while received.count(b"small") < 10:
            received += hasty.recv(65_536)
        greedy.sendall(ASK_FOR_MORE + ASK * 1000)
        assert rest(greedy).count(b"HTTP/1.1") <= 1


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_who_offers_another_protocol_is_answered_in_this_one(protocol: bytes) -> None:
    """As RFC 9110 has it, section 7.8: Java's client and others offer HTTP/2 with each request."""
    with served() as connect, connect() as offering:
        upgrade = b"\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: %b\r\nHTTP2-Settings: AAAA\r\n\r\n" % protocol
        assert answer(offering, ASK.replace(b"\r\n\r\n", upgrade)).startswith(b"HTTP/1.1 200")


def test_beyond_the_limit_of_tasks_only_health_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until one of them ends."""
    monkeypatch.setattr(connections, "MOST_TASKS", 1)
    with served() as connect:
        with connect() as endless_one:
            assert answer(endless_one, ASK.replace(b"small", b"endless")).startswith(b"HTTP/1.1 200")
            with connect() as late, connect() as checking:
                assert b"\r\nretry-after: 1\r\n" in answer(late)
                assert rest(late) == b""
                assert answer(checking, ASK.replace(b"small", b"healthz")).startswith(b"HTTP/1.1 200")
        wait_until(lambda: _is_answered(connect))


def test_what_is_no_http_does_not_become_part_of_an_answer() -> None:
    """Of an answer that has begun, the client gets the beginning alone."""
    with served() as connect, connect() as confused:
        assert answer(confused, ASK.replace(b"small", b"endless")).startswith(b"HTTP/1.1 200")
        confused.sendall(b"this is no request\r\n\r\n")
        assert b"400" not in rest(confused)


def test_connections_beyond_the_file_descriptors_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a problem that says when to come again; the others are answered, and so is who comes when there is room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(connections, "_OTHER_DESCRIPTORS", max(soft, min(16_384, hard)) - 10)
    try:
        with served() as connect:
            with ExitStack() as stack:
                first = [stack.enter_context(connect()) for _ in range(10)]
                assert all(answer(connection).startswith(b"HTTP/1.1 200") for connection in first)
                refused = rest(stack.enter_context(connect()))
                assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
                assert b"retry-after: 1\r\n" in refused
                assert answer(first[0]).startswith(b"HTTP/1.1 200")
            wait_until(lambda: _is_answered(connect))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _is_answered(connect: Connect) -> bool:
    with connect() as connection:
        return answer(connection).startswith(b"HTTP/1.1 200")

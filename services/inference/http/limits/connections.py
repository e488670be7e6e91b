"""The HTTP protocol of the server: it ends connections that cost more than they bring.

These are connections that do not speak HTTP, whose headers have no end, that bring no request in time or many at once,
or whose client does not read what it is sent; and those beyond what the process has file descriptors for.
"""

import asyncio
import resource
from contextlib import suppress
from http import HTTPStatus

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from familiar.services.inference.http.limits.in_progress import NEVER_REFUSED, Limits
from familiar.services.inference.http.problems import problem
from familiar.shared.contract.errors import Busy, FamiliarError, HeadersTooLarge, MalformedRequest

# Browsers send a few kB of headers. A chunk that the socket gives at once, of up to 256 kB, is parsed before it counts.
HEADER_LIMIT = 65_536
# From the beginning of a connection, or the end of an answer, to the end of a request's headers.
REQUEST_SECONDS = 30.0
# How long a client may read nothing of what it is sent, beyond what the system's buffers hold.
UNREAD_SECONDS = 60.0
# Requests that a client sends before it has its answers. Browsers send none; each would take 4 kB until its turn comes.
_MOST_PIPELINED = 16
# Requests and streams in all. What exceeds the limits of `in_progress` alone is refused there, and costs more.
MOST_TASKS = Limits().requests + Limits().streams
# For files, Redis and whatever else is opened; the rest of the descriptors that a process may have are connections.
_OTHER_DESCRIPTORS = 200


class LimitedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits of bytes, time and number.

    Bytes are limited that bring neither a request nor a part of its body: a request line, headers, trailers and
    extensions of chunks. The parser has no limit of its own, and takes quadratic time for a long one. h11 has a limit,
    and serves fewer requests: see docs/decisions/16-what-comes-from-outside.md. How long a body may take, and how many
    requests are answered at once, is limited behind it.
    """

    _bytes_in_vain = 0
    _refusal: FamiliarError = MalformedRequest()
    """Why the parser gives up: because of what it reads, or because it is told to."""
    _no_request: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    # Of requests that follow each other without waiting for answers, uvicorn knows the newest alone.
    _cycles: tuple[RequestResponseCycle, ...] = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for a request, unless there are too many connections."""
        super().connection_made(transport)
        if len(self.connections) > resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_DESCRIPTORS:
            self._refuse(Busy(f"{len(self.connections)} connections are open. {Busy().detail}"))
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and end the connection where it is refused, or has led to nothing for too long.

        Unlike uvicorn's, it logs no line for each refusal.
        """
        self._unset_keepalive_if_required()
        self._bytes_in_vain += len(data)
        try:
            # Whoever offers another protocol, as Java's client does with each request, is answered in this one.
            with suppress(HttpParserUpgrade):
                self.parser.feed_data(data)
        except HttpParserError:
            self._refuse(self._refusal)
        if self._bytes_in_vain > HEADER_LIMIT and not self.transport.is_closing():
            self._refuse(HeadersTooLarge())

    def on_headers_complete(self) -> None:
        """Begin with a request, or put it behind those that wait.

        Raises:
            HttpParserError: there are too many of them, on this connection or in all.
        """
        busy = len(self.tasks) >= MOST_TASKS and self.url.decode("latin-1") not in NEVER_REFUSED
        if busy or len(self.pipeline) >= _MOST_PIPELINED:
            self._refusal = Busy()
            raise HttpParserError
        self._bytes_in_vain = 0
        super().on_headers_complete()
        if self.cycle is not None and self.cycle not in self._cycles:
            self._cycles = (*(cycle for cycle in self._cycles if not cycle.response_complete), self.cycle)

    def on_body(self, body: bytes) -> None:
        """Go on with its body."""
        self._bytes_in_vain = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Come to its end."""
        self._bytes_in_vain = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request, or begin to wait for it."""
        super().on_response_complete()
        self._await_request()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """Go on writing."""
        _cancel(self._unread)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, without writing the answers in progress."""
        _cancel(self._no_request)
        _cancel(self._unread)
        self._abandon()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        _cancel(self._no_request)
        self._no_request = self.loop.call_later(REQUEST_SECONDS, self._end_without_request)

    def _end_without_request(self) -> None:
        if self._is_idle:
            # What was answered is still sent.
            self.transport.close()
            self._await_reading()

    def _await_reading(self) -> None:
        _cancel(self._unread)
        unread = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self._end_unread, unread)

    def _end_unread(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._await_reading()
        else:
            self.transport.abort()

    def _refuse(self, error: FamiliarError) -> None:
        """Answer with the problem, unless an answer is in progress, and close the connection."""
        if self._is_idle:
            answer = problem(error)
            lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}".encode()]
            lines += [b": ".join(header) for header in (*self.server_state.default_headers, *answer.raw_headers)]
            self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", bytes(answer.body)]))
        self._abandon()
        self.transport.close()

    def _abandon(self) -> None:
        """Let nothing more be written into the connection, which would be an error once it is closed."""
        for cycle in self._cycles:
            cycle.disconnected = True
            cycle.message_event.set()

    @property
    def _is_idle(self) -> bool:
        """Whether no request is being answered."""
        return all(cycle.response_complete for cycle in self._cycles)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()

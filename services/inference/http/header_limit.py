"""The HTTP protocol of the server: it ends connections whose headers have no end, or that do not speak HTTP."""

import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from familiar.services.inference.http.problems import PROBLEM_MEDIA_TYPE
from familiar.shared.contract.errors import FamiliarError, HeadersTooLarge, MalformedRequest

# Browsers send a few kB of headers. A chunk that the socket gives at once, of up to 256 kB, is parsed before it counts.
HEADER_LIMIT = 65_536


class LimitedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a limit of bytes that bring neither a request nor a part of its body.

    Such bytes are a request line, headers, trailers and extensions of chunks. The parser has no limit of its own, and
    takes quadratic time for a long one. h11 has a limit, and serves fewer requests: see
    docs/decisions/16-what-comes-from-outside.md.
    """

    _bytes_in_vain = 0
    # Of requests that follow each other without waiting for answers, uvicorn knows the newest alone.
    _cycles: tuple[RequestResponseCycle, ...] = ()

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and end the connection where it has led to nothing for too long."""
        self._bytes_in_vain += len(data)
        super().data_received(data)
        if self._bytes_in_vain > HEADER_LIMIT and not self.transport.is_closing():
            self._end(HeadersTooLarge())

    def connection_lost(self, exc: Exception | None) -> None:
        """End, without writing the answers in progress."""
        self._abandon()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the signature is uvicorn's
        """Refuse what the parser refuses; its words are for developers of parsers."""
        self._end(MalformedRequest())

    def on_headers_complete(self) -> None:
        """Begin with a request."""
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

    def _end(self, error: FamiliarError) -> None:
        """Answer with the problem, unless an answer is in progress, and close the connection."""
        if all(cycle.response_complete for cycle in self._cycles):
            body = json.dumps(error.problem).encode()
            lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}".encode()]
            lines += [b": ".join(header) for header in self.server_state.default_headers]
            lines += [f"content-type: {PROBLEM_MEDIA_TYPE}".encode(), f"content-length: {len(body)}".encode()]
            self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", body]))
        self._abandon()
        self.transport.close()

    def _abandon(self) -> None:
        """Let nothing more be written into the connection, which would be an error once it is closed."""
        for cycle in self._cycles:
            cycle.disconnected = True
            cycle.message_event.set()

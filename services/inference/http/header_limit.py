"""The HTTP protocol of the server: it ends connections whose headers, or what goes for them, have no end."""

import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from familiar.services.inference.http.problems import PROBLEM_MEDIA_TYPE
from familiar.shared.contract.errors import HeadersTooLarge

# Browsers send a few kB of headers. A chunk that the socket gives at once, of up to 256 kB, is parsed before it counts.
HEADER_LIMIT = 65_536


class LimitedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a limit of bytes that bring neither a request nor a part of its body.

    Such bytes are a request line, headers, trailers and extensions of chunks. The parser has no limit of its own, and
    takes quadratic time for a long one. h11 has a limit, and serves fewer requests: see
    docs/decisions/16-what-comes-from-outside.md.
    """

    _bytes_in_vain = 0

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and end the connection where it has led to nothing for too long."""
        self._bytes_in_vain += len(data)
        super().data_received(data)
        if self._bytes_in_vain > HEADER_LIMIT and not self.transport.is_closing():
            self._end()

    def on_headers_complete(self) -> None:
        """Begin with a request."""
        self._bytes_in_vain = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Go on with its body."""
        self._bytes_in_vain = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Come to its end."""
        self._bytes_in_vain = 0
        super().on_message_complete()

    def _end(self) -> None:
        """Answer with the problem, unless an answer is in progress, and close the connection."""
        if self.cycle is None or self.cycle.response_complete:
            body = json.dumps(HeadersTooLarge().problem).encode()
            head = f"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: {PROBLEM_MEDIA_TYPE}\r\n"
            self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()

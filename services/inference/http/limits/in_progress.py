"""Backpressure: how many requests, streams and bytes may be in progress at once, and how long a body may take.

Whatever exceeds a limit is refused at once with 503 and Retry-After, so that memory stays bounded and the others are
answered in time.
"""

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from familiar.services.inference.http.problems import problem
from familiar.shared.contract.errors import Busy, SlowRequest

# The answers of these paths end when the client leaves.
_ENDLESS = ("/stream", "/preview")
# The health of a busy service can still be asked for.
NEVER_REFUSED = frozenset({"/healthz", "/readyz"})


@dataclass(frozen=True)
class Limits:
    """What may be in progress at once: requests, endless answers, and bytes of bodies; seconds that a body may take."""

    requests: int = 300
    streams: int = 700
    body_bytes: int = 256_000_000
    body_seconds: float = 60.0


class LimitInProgress:
    """ASGI middleware that refuses what would exceed the limits."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        """Wrap `app`."""
        self._app = app
        self._limits = limits
        self._requests = 0
        self._streams = 0
        self._body_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the problem."""
        if scope["type"] != "http" or scope["path"] in NEVER_REFUSED:
            await self._app(scope, receive, send)
        elif scope["path"].endswith(_ENDLESS):
            await self._stream(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._streams >= self._limits.streams:
            await problem(Busy(f"{self._streams} streams are open already. Close some, or try later."))(
                scope, receive, send
            )
            return
        self._streams += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._requests >= self._limits.requests:
            await problem(Busy())(scope, receive, send)
            return
        self._requests += 1
        body = _Body(self, receive)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._requests -= 1
            self._body_bytes -= body.held

    def take(self, size: int) -> None:
        """Count bytes that a body holds.

        Raises:
            Busy: all bodies together would hold too many.
        """
        if self._body_bytes + size > self._limits.body_bytes:
            raise Busy
        self._body_bytes += size

    @property
    def body_seconds(self) -> float:
        """How long a body may take to arrive."""
        return self._limits.body_seconds


class _Body:
    """The body of one request: it is counted while it arrives, and has a deadline."""

    def __init__(self, limiter: LimitInProgress, receive: Receive) -> None:
        self._limiter = limiter
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + limiter.body_seconds
        self._arrived = False
        self.held = 0

    async def receive(self) -> Message:
        """Return the next part.

        Raises:
            SlowRequest: the body has not arrived in time.
            Busy: see `LimitInProgress.take`.
        """
        # Behind the body comes only the news that the client has left, which may be waited for.
        if self._arrived:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise SlowRequest from error
        if message["type"] == "http.request":
            size = len(message.get("body", b""))
            self._limiter.take(size)
            self.held += size
            self._arrived = not message.get("more_body", False)
        return message

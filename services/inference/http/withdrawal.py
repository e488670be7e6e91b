"""Withdraws answers that began before somebody was forgotten: none names them once the forgetting has returned."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from familiar.services.inference.http.problems import problem
from familiar.shared.contract.errors import AnswerWithdrawn
from familiar.shared.stores.forgettings import Forgettings

# What can be asked again without the client; forgettings follow each other this often only in tests.
_REPEATABLE = frozenset({"GET", "HEAD"})
_MOST_ATTEMPTS = 3
# Endless answers consist of events and pictures that their routes check one by one.
_ENDLESS = ("text/event-stream", "multipart/")


class WithdrawForgotten:
    """ASGI middleware that sends no answer, or no rest of one, that began under another count of forgettings.

    A GET is answered anew instead, anything else with the problem. The receipt of a forgetting itself is sent.
    """

    def __init__(self, app: ASGIApp, forgettings: Forgettings) -> None:
        self._app = app
        self._forgettings = forgettings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, and send its answer unless somebody was forgotten meanwhile."""
        if scope["type"] != "http" or scope["method"] == "DELETE":
            await self._app(scope, receive, send)
            return
        attempts = _MOST_ATTEMPTS if scope["method"] in _REPEATABLE else 1
        for _ in range(attempts):
            attempt = dict(scope)

            async def send_routed(message: Message, attempt: Scope = attempt) -> None:
                # The counter of requests looks there for the route.
                scope.update(attempt)
                await send(message)

            answer = _Answer(send_routed, self._forgettings)
            await self._app(attempt, receive, answer.send)
            if not answer.withdrawn or answer.begun:
                return
        await problem(AnswerWithdrawn())(scope, receive, send)


class _Answer:
    """An answer on its way, sent with its first bytes, and under the lock that a forgetting waits for."""

    def __init__(self, send: Send, forgettings: Forgettings) -> None:
        self._send = send
        self._forgettings = forgettings
        self._count = forgettings.count()
        self._start: Message | None = None
        self._endless = False
        self.begun = False
        self.withdrawn = False

    async def send(self, message: Message) -> None:
        """Send a message of the answer, or withhold it for good."""
        if message["type"] == "http.response.start":
            content_type = Headers(raw=message["headers"]).get("content-type", "")
            self._endless = content_type.startswith(_ENDLESS)
            if not self._endless:
                self._start = message
                return
        if self._endless:
            await self._send(message)
            return
        if self.begun:
            # Without the lock: a client may take its time for a large file.
            if not self._is_withdrawn():
                await self._send(message)
            return
        with self._forgettings.sending():
            if self._start is not None and not self._is_withdrawn():
                self.begun = True
                await self._send(self._start)
                await self._send(message)

    def _is_withdrawn(self) -> bool:
        self.withdrawn = self.withdrawn or self._forgettings.count() != self._count
        return self.withdrawn

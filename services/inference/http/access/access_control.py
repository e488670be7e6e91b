"""The check of tokens before all routes."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from familiar.services.inference.http.access.route_scopes import scopes_for
from familiar.services.inference.http.problems import problem
from familiar.services.inference.http.same_site import comes_from_another_site
from familiar.shared.access.guard import Guard, secrets_sent
from familiar.shared.access.token_store import Token
from familiar.shared.contract.errors import FamiliarError

_TOKEN = "familiar.token"  # noqa: S105 - a key of the ASGI scope
_LOOK_EVERY_SECONDS = 1.0


class AccessControl:
    """ASGI middleware that answers only requests with a token whose scope the route takes.

    An endless answer ends within a second of its token being revoked or expiring.
    """

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the problem."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            # There are no WebSockets here.
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = scopes_for(scope["method"], scope["path"])
        if allowed is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # What pages of other sites have a browser send, it sends without anybody's knowledge.
        cookies = None if comes_from_another_site(headers) else headers.get("cookie")
        address = scope["client"][0] if scope["client"] else ""
        try:
            sent = secrets_sent(headers.get("authorization"), cookies)
            token = self._guard.admit(sent, address, allowed)
        except FamiliarError as refusal:
            await problem(refusal)(scope, receive, send)
            return
        scope[_TOKEN] = token
        await self._answer_while_valid(token, scope, receive, send)

    async def _answer_while_valid(self, token: Token, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        look: asyncio.TimerHandle | None = None

        def end_or_look_again() -> None:
            nonlocal look
            if self._guard.is_valid(token):
                look = loop.call_later(_LOOK_EVERY_SECONDS, end_or_look_again)
            else:
                limit.reschedule(loop.time())

        async def send_and_look(message: Message) -> None:
            await send(message)
            # Whatever has an end says its length.
            if message["type"] == "http.response.start" and not _has_length(message):
                end_or_look_again()

        try:
            async with asyncio.timeout(None) as limit:
                await self._app(scope, receive, send_and_look)
        except TimeoutError:
            if not limit.expired():
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if look is not None:
                look.cancel()


def token_of(scope: Scope) -> Token:
    """Return the token of a request that was let in."""
    token: Token = scope[_TOKEN]
    return token


def known_token(scope: Scope) -> Token | None:
    """Return the token of a request if it was let in, or None."""
    token: Token | None = scope.get(_TOKEN)
    return token


def _has_length(start: Message) -> bool:
    return any(name == b"content-length" for name, _ in start["headers"])

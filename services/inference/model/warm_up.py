"""The first request, asked before anybody can: what is made only then holds up all that is asked at the same time."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message

_REQUEST: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/healthz",
    "raw_path": b"/healthz",
    "root_path": "",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1")],
    "client": None,
    "server": ("127.0.0.1", 80),
}


def warm_up(app: ASGIApp) -> None:
    """Ask an application whether it is there, once, outside of any server.

    FastAPI makes a route when a request first passes it by, and anyio imports the half of itself that belongs to
    asyncio when a route first runs in a thread: together 30 ms of the event loop. `/healthz` stands behind nearly all
    other routes, and runs in a thread.
    """

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        """Nobody listens."""

    async def ask() -> None:
        await app(dict(_REQUEST), receive, send)

    asyncio.run(ask())

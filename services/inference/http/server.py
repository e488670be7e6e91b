"""The HTTP server: its graceful shutdown ends endless answers first, and then waits for the others."""

import contextlib
import resource
import socket
import threading

import uvicorn
from fastapi import FastAPI

from familiar.services.inference.http.limits.connections import LimitedHttpProtocol

# Ending takes a second; the rest is for clients that do not read, and for a Redis that hangs.
_LONGEST_STOP_SECONDS = 5
# Each connection is a file descriptor. Many systems allow a process 1,024 unless it asks for more.
_MOST_DESCRIPTORS = 16_384
# No page may frame an answer, and no other origin may embed one; what an answer is, its type alone says.
_ON_EVERY_ANSWER = [
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]


class Server(uvicorn.Server):
    """Server that shuts down gracefully on SIGTERM and SIGINT."""

    def __init__(self, app: FastAPI, host: str, port: int, stopping: threading.Event) -> None:
        """Prepare to serve `app`; `stopping` is set when the shutdown begins, so that endless answers end."""
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=LimitedHttpProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                headers=_ON_EVERY_ANSWER,
                timeout_graceful_shutdown=_LONGEST_STOP_SECONDS,
            )
        )
        self._stopping = stopping

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        _allow_many_connections()
        # uvicorn raises the signals that stopped it again after the shutdown.
        with contextlib.suppress(KeyboardInterrupt):
            super().run(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down, ending endless answers first."""
        self._stopping.set()
        await super().shutdown(sockets)


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_MOST_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

"""The HTTP server: its graceful shutdown ends endless answers first, and then waits for the others."""

import contextlib
import socket
import threading

import uvicorn
from fastapi import FastAPI

# Ending takes a second; the rest is for clients that do not read, and for a Redis that hangs.
_LONGEST_STOP_SECONDS = 5


class Server(uvicorn.Server):
    """Server that shuts down gracefully on SIGTERM and SIGINT."""

    def __init__(self, app: FastAPI, host: str, port: int, stopping: threading.Event) -> None:
        """Prepare to serve `app`; `stopping` is set when the shutdown begins, so that endless answers end."""
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_LONGEST_STOP_SECONDS,
            )
        )
        self._stopping = stopping

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        # uvicorn raises the signals that stopped it again after the shutdown.
        with contextlib.suppress(KeyboardInterrupt):
            super().run(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Shut down, ending endless answers first."""
        self._stopping.set()
        await super().shutdown(sockets)

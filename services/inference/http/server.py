"""The HTTP server: told to stop, it ends endless answers first, and then waits for the others."""

import contextlib
import socket
import threading

import uvicorn
from fastapi import FastAPI

# Ending takes a second; this is for who does not take their answer, and for a Redis that says nothing.
_LONGEST_STOP_SECONDS = 5


class Server(uvicorn.Server):
    """A server that stops on SIGTERM and SIGINT, after the requests that are being answered."""

    def __init__(self, app: FastAPI, host: str, port: int, stopping: threading.Event) -> None:
        """Prepare; `run` serves. `stopping` is set when the server begins to stop, so that endless answers end."""
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
        # uvicorn raises the signals that stopped it once more, when all is over.
        with contextlib.suppress(KeyboardInterrupt):
            super().run(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and have endless answers end first."""
        self._stopping.set()
        await super().shutdown(sockets)

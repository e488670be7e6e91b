"""Capture's WebSocket, served by a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from familiar.services.capture.browser_cameras import BrowserCameras
from familiar.services.capture.settings import CaptureSettings


@contextmanager
def capturing(client: redis.Redis, settings: CaptureSettings) -> Iterator[None]:
    """Take pictures over it for as long as the `with` block lasts."""
    stopped = threading.Event()
    server = BrowserCameras(client, settings, stopped).open_server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        server.shutdown()
        thread.join()

"""Capture's WebSocket, served by a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from familiar.services.capture.browser_cameras import BrowserCameras
from familiar.services.capture.settings import CaptureSettings


@contextmanager
def capturing(client: redis.Redis, settings: CaptureSettings, cameras: BrowserCameras | None = None) -> Iterator[None]:
    """Take pictures over it for as long as the `with` block lasts, by `cameras` or new ones."""
    stopped = threading.Event()
    server = (cameras or BrowserCameras(client, settings, stopped)).open_server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        server.shutdown()
        thread.join()

"""An application of inference, asked without a network."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict, Unpack

import httpx
import redis
from fastapi import FastAPI

from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.shared.redis.kept_faces import KeptFaces


class Sent(TypedDict, total=False):
    """What a request may hold."""

    content: bytes
    files: dict[str, bytes | tuple[str, bytes, str]]
    headers: dict[str, str]
    json: object


class Site:
    """An application, and whoever asks it."""

    def __init__(self, app: FastAPI) -> None:
        """Ask `app`."""
        self._app = app

    def ask(self, method: str, path: str, **request: Unpack[Sent]) -> httpx.Response:
        """Send one request and wait for its answer."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as browser:
                return await browser.request(method, path, **request)

        return asyncio.run(send())


@contextmanager
def keeping(client: redis.Redis, most: int) -> Iterator[KeptFacesWriter]:
    """Give a keeper of the newest faces that is at work."""
    keeper = KeptFacesWriter(client, KeptFaces(client, most))
    stopped = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stopped,))
    thread.start()
    try:
        yield keeper
    finally:
        stopped.set()
        thread.join()

"""An application of inference, asked without a network."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypedDict, Unpack

import httpx
import redis
from fastapi import FastAPI

from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.shared.access.token_store import TokenStore
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from tests.builders import NO_SEALS


class Sent(TypedDict, total=False):
    """What a request may hold."""

    content: bytes
    files: dict[str, bytes | tuple[str, bytes, str]]
    headers: dict[str, str]
    json: object


BASE_URL = "http://127.0.0.1:8000"


def bearer(secret: str) -> dict[str, str]:
    """Give the headers of a program that has a token."""
    return {"Authorization": f"Bearer {secret}"}


class Site:
    """An application, and whoever asks it."""

    def __init__(self, app: FastAPI, tokens: TokenStore) -> None:
        """Ask `app`, as its owner does where a request has no headers of its own for that."""
        self.app = app
        self.tokens = tokens

    def ask(self, method: str, path: str, **request: Unpack[Sent]) -> httpx.Response:
        """Send one request with the owner's token, and wait for its answer."""
        return self.ask_as(self.tokens.owner_secret(), method, path, **request)

    def ask_as(self, secret: str | None, method: str, path: str, **request: Unpack[Sent]) -> httpx.Response:
        """Send one request with the secret of another token, or without one, and wait for its answer."""
        headers = {} if secret is None else bearer(secret)

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as browser:
                return await browser.request(method, path, **request)

        return asyncio.run(send())


@contextmanager
def keeping(
    client: redis.Redis, most: int, exists: Callable[[int], bool] = lambda _version: True
) -> Iterator[KeptFacesWriter]:
    """Give a keeper of the newest faces that is at work; `exists` tells which versions do."""
    keeper = KeptFacesWriter(client, KeptFaces(client, most, MINUTES_KEPT, NO_SEALS), exists)
    stopped = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stopped,))
    thread.start()
    try:
        yield keeper
    finally:
        stopped.set()
        thread.join()

"""An application of inference, asked without a network."""

import asyncio

import httpx
from fastapi import FastAPI


class Site:
    """An application, and whoever asks it."""

    def __init__(self, app: FastAPI) -> None:
        """Ask `app`."""
        self._app = app

    def ask(self, method: str, path: str, **request: object) -> httpx.Response:
        """Send one request and wait for its answer."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as browser:
                return await browser.request(method, path, **request)

        return asyncio.run(send())

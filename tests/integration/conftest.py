"""What integration tests share: an application of inference, asked without a network."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import redis
from fastapi import FastAPI

from services.inference.app import create_app
from services.inference.reload import ModelWatcher, ServedModel
from services.inference.settings import InferenceSettings
from shared.model_store import ModelStore
from shared.sample_store import SampleStore


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


@pytest.fixture
def open_site(home: Path) -> Callable[[redis.Redis], Site]:
    """Give what makes a site on a Redis and an empty home, without a model; `Studio` is a further name of its host."""

    def open_on(client: redis.Redis) -> Site:
        models = ModelStore(home)
        watcher = ModelWatcher(client, models, ServedModel())
        settings = InferenceSettings(allowed_hosts="Studio")
        return Site(create_app(client, SampleStore(home), models, watcher, settings.all_allowed_hosts))

    return open_on


@pytest.fixture
def site(open_site: Callable[[redis.Redis], Site], client: redis.Redis) -> Site:
    """Give a site with nobody enrolled, no camera and no model."""
    return open_site(client)

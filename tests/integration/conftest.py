"""What integration tests share: an application of inference, asked without a network."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from services.inference.app import Stores, create_app
from services.inference.reload import ModelWatcher, ServedModel
from services.inference.settings import InferenceSettings
from shared.background_store import BackgroundStore
from shared.kept_faces import KeptFaces
from shared.model_store import ModelStore
from shared.sample_store import SampleStore
from tests.app_client import Site


@pytest.fixture
def open_site(home: Path) -> Callable[[redis.Redis], Site]:
    """Give what makes a site on a Redis and an empty home, without a model; `Studio` is a further name of its host."""

    def open_on(client: redis.Redis) -> Site:
        models = ModelStore(home)
        watcher = ModelWatcher(client, models, ServedModel(models))
        settings = InferenceSettings(allowed_hosts="Studio")
        stores = Stores(SampleStore(home), BackgroundStore(home), models, KeptFaces(client, settings.kept_faces))
        return Site(create_app(client, stores, watcher, settings.all_allowed_hosts))

    return open_on


@pytest.fixture
def site(open_site: Callable[[redis.Redis], Site], client: redis.Redis) -> Site:
    """Give a site with nobody enrolled, no camera and no model."""
    return open_site(client)

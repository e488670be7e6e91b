"""What integration tests share: inference asked without a network, an extractor, and replicas of inference."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.connection import open_async_redis
from familiar.shared.redis.training_queue import TrainingRecords, training_records
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from tests.app_client import Site, keeping
from tests.replicas import Replica, start
from tests.serving import Serving, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the trainer's tests come first: their files take longest, and nobody has to wait for the last of them."""
    items.sort(key=lambda item: "trainer" not in item.path.parts)


@pytest.fixture
def quotas() -> Quotas:
    """Give the quotas of a site's stores: none, where a test does not give others."""
    return Quotas()


@pytest.fixture
def open_site(
    home: Path, redis_url: str, client: redis.Redis, quotas: Quotas
) -> Iterator[Callable[[redis.Redis], Site]]:
    """Give what makes a site on a Redis and an empty home, without a model; `Studio` is a further name of its host.

    Its tokens are beside the home.

    It needs the client so that keepers end before that is closed.
    """
    assert client
    keepers = ExitStack()

    def open_on(client: redis.Redis) -> Site:
        models = ModelStore(home)
        watcher = ModelWatcher(client, models, ServedModel(models))
        settings = InferenceSettings(allowed_hosts="Studio")
        keeper = keepers.enter_context(keeping(client, settings.kept_faces, models.has))
        tokens = TokenStore(home.parent)
        stores = Stores(SampleStore(home, quotas), StrangerStore(home, quotas), models, keeper, tokens)
        follower = StreamFollower(open_async_redis(redis_url), threading.Event())
        return Site(create_app(client, stores, watcher, follower, client, settings), tokens)

    with keepers:
        yield open_on


@pytest.fixture
def site(open_site: Callable[[redis.Redis], Site], client: redis.Redis) -> Site:
    """Give a site with nobody enrolled, no camera and no model."""
    return open_site(client)


@pytest.fixture(scope="module")
def inference(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Give a process of inference with an empty home: answers without an end need a real server."""
    with serving(tmp_path_factory.mktemp("inference"), redis_url) as running:
        yield running


@pytest.fixture
def store(home: Path) -> SampleStore:
    """Give an empty store."""
    return SampleStore(home)


@pytest.fixture
def records(home: Path) -> TrainingRecords:
    """Give the records of trainings of an empty home."""
    return training_records(home)


@pytest.fixture
def worker(client: redis.Redis, store: SampleStore) -> FrameWorker:
    """Give an extractor, and a camera at the door."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    return FrameWorker(client, "one", store, SampleRules(80, 150), Detectors(None))


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """Give a store with a version that knows Bea and Rob, for tests that do not change it."""
    from tests.colour_model import publish_colours  # noqa: PLC0415 - TensorFlow takes seconds, and few tests need it

    models = ModelStore(tmp_path_factory.mktemp("colours"))
    publish_colours(models)
    return models


@pytest.fixture
def replica(client: redis.Redis, colours: ModelStore) -> Replica:
    """Give what starts a replica of inference."""
    return lambda name: start(client, name, colours)

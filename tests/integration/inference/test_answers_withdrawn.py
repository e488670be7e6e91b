"""Answers that began before somebody was forgotten: none is given, kept or sent on once the forgetting has returned."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis

from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.people.forget import forget_person
from familiar.shared.redis.connection import open_async_redis
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.stores.forgettings import Forgettings
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from tests.app_client import Site, keeping
from tests.builders import NO_SEALS, crop, prediction_of
from tests.colour_crops import RED, crop_of
from tests.colour_model import publish_colours
from tests.held_up import held_up
from tests.remains import remains
from tests.serving import DEADLINE_SECONDS

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@dataclass(frozen=True)
class Colours:
    """A site that names Rob and Bea, and what it is made of."""

    site: Site
    served: ServedModel
    samples: SampleStore
    models: ModelStore
    keeper: KeptFacesWriter


@pytest.fixture
def colours_site(home: Path, client: redis.Redis, redis_url: str) -> Iterator[Colours]:
    """Give a site at which Rob is enrolled and served."""
    samples, models = SampleStore(home), ModelStore(home)
    samples.register("Rob")
    publish_colours(models)
    watcher = ModelWatcher(client, models, ServedModel(models))
    watcher.poll()
    with keeping(client, 50, models.has) as keeper:
        tokens = TokenStore(home.parent)
        stores = Stores(samples, StrangerStore(home), models, keeper, tokens)
        follower = StreamFollower(open_async_redis(redis_url), threading.Event())
        app = create_app(client, stores, watcher, follower, client, InferenceSettings())
        yield Colours(Site(app, tokens), watcher.served, samples, models, keeper)


def predict(site: Site) -> httpx.Response:
    """Ask who the crop of a red face is."""
    return site.ask("POST", "/v1/predictions?crop=true", content=crop_of(RED), headers={"Content-Type": "image/jpeg"})


def test_a_prediction_in_flight_names_nobody_who_was_forgotten(
    colours_site: Colours, client: redis.Redis, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer is a problem that says to ask again, and its face is not kept."""
    assert '"person":"rob"' in predict(colours_site.site).text
    with ThreadPoolExecutor() as threads:
        with held_up(colours_site.served.get(), "confidences", monkeypatch) as arrived:
            answer: Future[httpx.Response] = threads.submit(predict, colours_site.site)
            assert arrived.wait(DEADLINE_SECONDS)
            assert colours_site.site.ask("DELETE", "/v1/people/rob").json()["person"] == "rob"
        late = answer.result()
    assert (late.status_code, late.json()["code"]) == (503, "answer-withdrawn")
    assert "rob" not in late.text
    colours_site.keeper.flush()
    assert client.keys("kept-face:*") == []
    assert remains(home, client, [b"rob"]) == set()


def test_what_waits_to_be_kept_is_not_kept_after_a_forgetting(
    colours_site: Colours, client: redis.Redis, home: Path
) -> None:
    """An answer was given long before; only its face was not written yet."""
    keeper = KeptFacesWriter(client, KeptFaces(client, 50, MINUTES_KEPT, NO_SEALS), colours_site.models.has)
    keeper.keep(prediction_of("p1", "rob"), [crop(1)])
    forget_person(client, colours_site.samples, colours_site.models, "rob")
    stopped = threading.Event()
    stopped.set()
    keeper.run(stopped)
    assert client.keys("kept-face:*") == []
    assert remains(home, client, [b"rob"]) == set()


def test_a_face_that_is_kept_during_a_forgetting_is_not_there_after_it(
    colours_site: Colours, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version existed when its transaction began, and not any more when it ended."""
    with ThreadPoolExecutor() as threads, held_up(colours_site.models, "has", monkeypatch) as arrived:
        keeper = KeptFacesWriter(client, KeptFaces(client, 50, MINUTES_KEPT, NO_SEALS), colours_site.models.has)
        keeper.keep(prediction_of("p1", "rob"), [crop(1)])
        stopped = threading.Event()
        stopped.set()
        kept = threads.submit(keeper.run, stopped)
        assert arrived.wait(DEADLINE_SECONDS)
        forget_person(client, colours_site.samples, ModelStore(colours_site.samples.home), "rob")
    kept.result()
    assert client.keys("kept-face:*") == []


def test_a_list_that_was_read_before_a_forgetting_is_read_anew(
    colours_site: Colours, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client notices nothing, and the answer names only who is left."""
    with ThreadPoolExecutor() as threads:
        with held_up(colours_site.samples, "people", monkeypatch) as arrived:
            answer = threads.submit(colours_site.site.ask, "GET", "/v1/people")
            assert arrived.wait(DEADLINE_SECONDS)
            forget_person(client, SampleStore(colours_site.samples.home), colours_site.models, "rob")
        assert (answer.result().status_code, answer.result().json()) == (200, [])


def test_a_forgetting_waits_for_an_answer_that_is_being_sent(home: Path) -> None:
    """It returns after the last byte."""
    forgettings = Forgettings(home)
    with ThreadPoolExecutor() as threads:
        with forgettings.sending():
            advanced = threads.submit(Forgettings(home).advance)
            with pytest.raises(TimeoutError):
                advanced.result(timeout=0.2)
            assert forgettings.count() == 0
        advanced.result()
    assert forgettings.count() == 1

"""Encrypted faces over HTTP and in Redis: shown to who may see them, and in the clear nowhere else."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import BrokenSeal, KeyMissing
from familiar.shared.contract.messages import Split
from familiar.shared.redis.connection import open_async_redis
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces, find_kept_face
from familiar.shared.redis.stream import run_transaction
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.sealing import KEY_BYTES, Seals, is_sealed
from familiar.shared.stores.strangers import StrangerStore
from tests.app_client import Site
from tests.builders import NO_SEALS, crop, origin, prediction_of


@pytest.fixture
def seals(home: Path) -> Seals:
    """Give the seals of a home with a key."""
    return Seals(home, os.urandom(KEY_BYTES))


@pytest.fixture
def store(home: Path, seals: Seals) -> SampleStore:
    """Give an encrypted store with a sample of Zoe."""
    store = SampleStore(home, seals=seals)
    store.register("Zoe")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    return store


@pytest.fixture
def site(home: Path, redis_url: str, client: redis.Redis, store: SampleStore, seals: Seals) -> Iterator[Site]:
    """Give a site on the encrypted stores."""
    models = ModelStore(home)
    watcher = ModelWatcher(client, models, ServedModel(models))
    stopped = threading.Event()
    keeper = KeptFacesWriter(client, KeptFaces(client, 5, MINUTES_KEPT, seals), models.has)
    thread = threading.Thread(target=keeper.run, args=(stopped,))
    tokens = TokenStore(home.parent)
    stores = Stores(store, StrangerStore(home, seals=seals), models, keeper, tokens)
    follower = StreamFollower(open_async_redis(redis_url), threading.Event())
    with ExitStack() as ending:
        thread.start()
        ending.callback(thread.join)
        ending.callback(stopped.set)
        yield Site(create_app(client, stores, watcher, follower, client, InferenceSettings()), tokens)


def keep(client: redis.Redis, seals: Seals, prediction_id: str, number: int) -> None:
    """Keep a face of a prediction."""
    prediction = prediction_of(prediction_id, "karan")
    run_transaction(
        client, lambda pipeline: KeptFaces(client, 5, MINUTES_KEPT, seals).keep(pipeline, prediction, [crop(number)])
    )


def payloads(client: redis.Redis) -> list[bytes]:
    """Give the bytes of the faces in Redis."""
    return [client.hget(key, "payload") for key in client.scan_iter(match=redis_names.kept_face("*"))]  # type: ignore[misc]


def test_a_sample_is_shown_as_it_was_taken(site: Site, store: SampleStore, home: Path) -> None:
    """As JPEG, whatever the file holds."""
    (sample_id,) = store.sample_ids("zoe")
    (path,) = home.rglob(f"{sample_id}.jpg")
    assert is_sealed(path.read_bytes())
    answer = site.ask("GET", f"/v1/people/zoe/samples/{sample_id}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content == store.read("zoe", sample_id)
    assert answer.content.startswith(b"\xff\xd8")
    assert site.ask("GET", "/v1/people/zoe/samples").json()[0]["camera"] == "door"


def test_a_damaged_sample_is_an_error_by_name(site: Site, store: SampleStore, home: Path) -> None:
    """It can be deleted."""
    (sample_id,) = store.sample_ids("zoe")
    (path,) = home.rglob(f"{sample_id}.jpg")
    path.write_bytes(path.read_bytes()[:-1])
    answer = site.ask("GET", f"/v1/people/zoe/samples/{sample_id}")
    assert (answer.status_code, answer.json()["code"]) == (500, "broken-seal")
    assert site.ask("DELETE", f"/v1/people/zoe/samples/{sample_id}").status_code == 204


def test_a_kept_face_is_encrypted_in_redis_shown_and_corrected(
    site: Site, client: redis.Redis, store: SampleStore, seals: Seals
) -> None:
    """The sample that comes of it is encrypted, too."""
    keep(client, seals, "p1", 200)
    (payload,) = payloads(client)
    assert is_sealed(payload)
    assert site.ask("GET", "/v1/predictions/p1/faces/1").content == crop(200)
    noise = os.urandom(8)
    assert noise not in payload
    corrected = site.ask("POST", "/v1/corrections", json={"prediction_id": "p1", "stranger": True}).json()
    assert corrected["stored"]
    (marked,) = site.ask("GET", "/v1/strangers/marked").json()
    assert site.ask("GET", f"/v1/strangers/marked/{marked}").content.startswith(b"\xff\xd8")
    (path,) = store.home.rglob(f"{marked}.jpg")
    assert is_sealed(path.read_bytes())


def test_a_kept_face_is_of_its_prediction_alone(client: redis.Redis, seals: Seals) -> None:
    """Who can write to Redis can pass off no face as another one's; without the key there is none."""
    for number, prediction_id in enumerate(("p1", "p2"), 1):
        keep(client, seals, prediction_id, 50 * number)
    first, second = (key for key in client.scan_iter(match=redis_names.kept_face("*")))
    payload = client.hget(first, "payload")
    assert isinstance(payload, bytes)
    client.hset(second, "payload", payload)
    found = []
    for prediction_id in ("p1", "p2"):
        try:
            found.append(find_kept_face(client, seals, prediction_id, 1)[1])
        except BrokenSeal:
            continue
        with pytest.raises(KeyMissing):
            find_kept_face(client, NO_SEALS, prediction_id, 1)
    assert len(found) == 1

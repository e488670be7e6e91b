"""Values of other programs and versions under Familiar's keys in Redis: every service goes on, and HTTP answers."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import redis
import structlog

from familiar.services.capture.publisher import FramePublisher
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.inference.stream.departures import say_who_left
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Prediction, TrainingOptions
from familiar.shared.redis.cameras import live_cameras
from familiar.shared.redis.foreign_values import remove_foreign_values, removing_foreign_values
from familiar.shared.redis.heartbeats import beat
from familiar.shared.redis.training_queue import enqueue_training, list_trainings, training_records
from familiar.shared.runtime.metrics import MetricsBoard, new_registry
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image
from tests.app_client import Site
from tests.builders import enrol_zoe
from tests.colour_crops import RED
from tests.replicas import Replica, show
from tests.streams import fields_of

JOB = "0" * 32
FRAMES = redis_names.frames("door")
KEYS = [
    redis_names.CAMERAS,
    redis_names.camera("door"),
    redis_names.enrolment("door"),
    redis_names.KEPT_FACES,
    *(redis_names.kept_face(place) for place in range(5)),
    redis_names.track("t"),
    redis_names.view("door"),
    redis_names.VIEWS,
    redis_names.FORGETTINGS,
    redis_names.DROPPED,
    redis_names.EXTRACTORS,
    redis_names.lease("door"),
    redis_names.watched("door"),
    redis_names.metrics("capture", "host-1"),
    redis_names.heartbeat("capture", "host"),
    redis_names.frames("door"),
    redis_names.FACES,
    redis_names.previews("door"),
    redis_names.PREDICTIONS,
    redis_names.SIGHTINGS,
    redis_names.MODEL_VERSIONS,
    redis_names.dead(redis_names.FACES),
    f"rq:job:{JOB}",
    "rq:queue:training",
    "rq:finished:training",
    "rq:workers:training",
    "rq:worker:one",
]
_GARBAGE = b"\xff\x00\x1b[31m{"
_LARGE = str(2**63 - 1)
_OTHER = json.dumps({"camera": "yard", "version": 9, "tracks": [{}], "faces": [{"confidences": [1, 2]}]})
_TIME = json.dumps({"camera": "door", "tracks": [{"first_seen_at": "0001-01-01T00:00:00+14:00"}]})

# redis-py wants all members of one type.
_SCORES: dict[str, float] = {"text": 9e18, "other": 1}

Put = Callable[[redis.Redis, str], object]
KINDS: dict[str, Put] = {
    "text": lambda client, key: client.set(key, "text"),
    "garbage": lambda client, key: client.set(key, _GARBAGE),
    "JSON of another shape": lambda client, key: client.set(key, _OTHER),
    "JSON with a time that UTC does not have": lambda client, key: client.set(key, _TIME),
    "JSON of a list": lambda client, key: client.set(key, "[1, 2]"),
    "integer at its end": lambda client, key: client.set(key, _LARGE),
    "list": lambda client, key: client.rpush(key, _GARBAGE, "text"),
    "hash": lambda client, key: client.hset(key, mapping={"request": _OTHER, "header": "{}", _GARBAGE: _GARBAGE}),
    "hash of large numbers": lambda client, key: client.hset(
        key, mapping=dict.fromkeys((FRAMES, "created_at"), _LARGE)
    ),
    "set": lambda client, key: client.sadd(key, _GARBAGE, "No slug", "yard"),
    "sorted set": lambda client, key: client.zadd(key, _SCORES),
    "stream": lambda client, key: client.xadd(key, {"header": _GARBAGE}),
}
REQUESTS = (
    *(("GET", f"/v1/{path}") for path in ("cameras", "enrolments", "enrolments/door", "services", "training-jobs")),
    *(("GET", path) for path in (f"/v1/training-jobs/{JOB}", "/v1/predictions/x/faces/1", "/metrics")),
    *(("DELETE", "/v1/people/nobody"), ("POST", "/v1/training-jobs")),
)
SERVICES = (redis_names.CAPTURE, redis_names.EXTRACTOR, redis_names.TRAINER, redis_names.INFERENCE)
PLAIN: Image = np.full((48, 64, 3), 90, np.uint8)


@pytest.fixture
def put(request: pytest.FixtureRequest) -> Put:
    """Give what puts a value under a key."""
    return KINDS[request.param]


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[structlog.typing.EventDict]]:
    """Give what is logged."""
    with structlog.testing.capture_logs() as written:
        yield written


def _set(client: redis.Redis, key: str, put: Put) -> None:
    client.delete(key)
    put(client, key)


def _step(client: redis.Redis, service: str, step: Callable[[], object]) -> None:
    """Take a step of a service."""
    with removing_foreign_values(client, service):
        step()


def _keep_on(client: redis.Redis, service: str, step: Callable[[], object]) -> None:
    """Take the steps of a service: what is foreign may cost some of them, and then no more."""
    for _ in range(3):
        _step(client, service, step)
    step()


every_value = pytest.mark.parametrize("put", KINDS, indirect=True)


@every_value
def test_capture_and_extractor_go_on(client: redis.Redis, worker: FrameWorker, store: SampleStore, put: Put) -> None:
    """Frames are published, taken and answered, whatever a key held."""
    for key in KEYS:
        client.flushall()
        enrol_zoe(client, store, train=1, test=1)
        _set(client, key, put)
        publisher = FramePublisher(client, "door", "0", threading.Event())
        for _ in range(4):
            _step(client, redis_names.CAPTURE, publisher.keep_announced)
            _step(client, redis_names.CAPTURE, partial(publisher.publish, PLAIN))
            # The next renewal of leases is due.
            worker._leases._renewed_at = 0.0
            _step(client, redis_names.EXTRACTOR, worker.step)
        assert [camera.camera for camera in live_cameras(client)] == ["door"], key
        assert worker._leases.holds("door"), key
        assert client.xlen(FRAMES) == 0, key
        _keep_on(client, redis_names.CAPTURE, lambda: beat(client, "capture"))
        _keep_on(client, redis_names.CAPTURE, lambda: MetricsBoard(client, "capture", new_registry()).post())


@every_value
def test_inference_goes_on(client: redis.Redis, replica: Replica, put: Put) -> None:
    """Faces are named, kept for corrections and counted, and departures are found."""
    faces = replica("one")
    for key in KEYS:
        client.flushall()
        _set(client, key, put)
        for number in range(6):
            _step(client, redis_names.EXTRACTOR, partial(show, client, RED, number))
            _step(client, redis_names.INFERENCE, faces.step)
        _keep_on(client, redis_names.INFERENCE, lambda: say_who_left(client, datetime.now(UTC)))
        newest = Prediction.model_validate_json(fields_of(client, redis_names.PREDICTIONS)[-1][b"header"])
        assert newest.faces[0].person == "rob", key
        assert client.type(redis_names.kept_face(0)) in {b"hash", b"none"}, key


@every_value
def test_http_answers(client: redis.Redis, site: Site, home: Path, put: Put) -> None:
    """At worst it says once that it removed something, and asks for the request again; never a 500."""
    records = training_records(home)
    for key in KEYS:
        client.flushall()
        for record in records.all():
            records.remove(record.job.job_id)
        enqueue_training(client, training_records(home), TrainingOptions())
        client.rpush("rq:queue:training", JOB)
        client.sadd("rq:workers:training", "rq:worker:one")
        client.sadd(redis_names.CAMERAS, "door")
        _set(client, key, put)
        for method, path in REQUESTS:
            first = site.ask(method, path)
            assert first.is_success or first.status_code in {404, 503}, (key, path, first.text)
            again = site.ask(method, path)
            assert again.is_success or again.status_code == 404, (key, path, again.text)
        assert list_trainings(client, training_records(home)), key


def test_what_is_foreign_is_said_once_and_by_key(
    client: redis.Redis, site: Site, lines: list[structlog.typing.EventDict]
) -> None:
    """The line names the key, and not what was found there."""
    client.sadd(redis_names.CAMERAS, "door")
    client.set(redis_names.camera("door"), '{"someone": "Zoe"}')
    for _ in range(3):
        assert site.ask("GET", "/v1/cameras").json() == []
    (line,) = lines
    assert line["key"] == "camera:door"
    assert "Zoe" not in str(line)


def test_values_that_are_familiars_own_stay(
    client: redis.Redis, replica: Replica, store: SampleStore, home: Path
) -> None:
    """Where nothing is foreign, nothing is deleted."""
    enrol_zoe(client, store, train=1, test=1)
    enqueue_training(client, training_records(home), TrainingOptions())
    show(client, RED, 0)
    replica("one").step()
    beat(client, "capture")
    before = {key: client.dump(key) for key in client.scan_iter()}
    for service in SERVICES:
        assert not remove_foreign_values(client, service)
    assert {key: client.dump(key) for key in client.scan_iter()} == before

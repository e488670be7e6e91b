"""Values of any kind under Familiar's keys in Redis, while inference, an extractor and capture run."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import redis
from hypothesis import strategies as st

from familiar.shared.contract import redis_names
from familiar.shared.redis.heartbeats import is_alive
from tests.colour_crops import BLUE
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.doors.messages import CAMERA, KEPT, PREVIEW
from tests.fuzzing.entries import wait_until_empty
from tests.fuzzing.ground import JOB, Ground
from tests.fuzzing.services import CAPTURE, EXTRACTOR, INFERENCE, Services, services_of
from tests.fuzzing.site import judge
from tests.odd_entries import odd_json
from tests.replicas import names, show

_KEYS = (
    *(redis_names.CAMERAS, redis_names.KEPT_FACES, redis_names.VIEWS, redis_names.FORGETTINGS, redis_names.DROPPED),
    *(redis_names.EXTRACTORS, redis_names.FACES, redis_names.PREDICTIONS, redis_names.SIGHTINGS),
    redis_names.MODEL_VERSIONS,
    *(redis_names.camera("door"), redis_names.enrolment("door"), redis_names.kept_face(1), redis_names.track("t")),
    *(redis_names.view("door"), redis_names.lease("door"), redis_names.watched("door"), redis_names.frames("door")),
    *(redis_names.metrics("capture", "host-1"), redis_names.heartbeat("capture", "host"), redis_names.previews("door")),
    *(redis_names.dead(redis_names.FACES), f"rq:job:{JOB}", "rq:queue:training", "rq:finished:training"),
    *("rq:wip:training", "rq:workers:training", "rq:worker:one"),
)
_REQUESTS = (
    *(("GET", f"/v1/{path}") for path in ("cameras", "enrolments", "enrolments/door", "services", "training-jobs")),
    *(("GET", path) for path in (f"/v1/training-jobs/{JOB}", "/v1/predictions/p/faces/1", "/metrics", "/v1/sightings")),
    *(("DELETE", "/v1/people/nobody"), ("POST", "/v1/training-jobs"), ("GET", "/v1/people")),
)
Value = tuple[str, list[bytes]]
_PUT: dict[str, Callable[[redis.Redis, str, list[bytes]], object]] = {
    "string": lambda client, key, parts: client.set(key, parts[0]),
    "list": lambda client, key, parts: client.rpush(key, *parts),
    "set": lambda client, key, parts: client.sadd(key, *parts),
    "hash": lambda client, key, parts: client.hset(key, mapping=_fields(parts)),
    "stream": lambda client, key, parts: client.xadd(key, dict(_fields(parts))),
    "sorted set": lambda client, key, parts: client.zadd(key, {part.decode("latin-1"): 1 for part in parts}),
}
_FIELDS = (b"header", b"payload", b"request", b"status", b"created_at", b"last_heartbeat", b"train_samples")


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Put one value at a time, ask HTTP what reads it, and let services go on beside it."""
    with services_of(ground, INFERENCE, EXTRACTOR, CAPTURE) as services:

        def send(sent: tuple[str, Value, tuple[str, str]]) -> list[Outcome]:
            key, (kind, parts), request = sent
            services.client.delete(key)
            _PUT[kind](services.client, key, parts)
            return [_ask(services, *request)]

        def look() -> None:
            services.require_sound()
            _require_work(services)

        part = st.one_of([odd_json(json.loads(one.model_dump_json())) for one in (CAMERA, KEPT, PREVIEW)])
        part |= st.sampled_from([b"1", b"-1", str(2**63 - 1).encode(), b"door", b"t", JOB.encode(), b"", b"\xff"])
        value = st.tuples(st.sampled_from(sorted(_PUT)), st.lists(part, min_size=1, max_size=4))
        inputs = st.tuples(st.sampled_from(_KEYS), value, st.sampled_from(_REQUESTS))
        yield Door(inputs, send, processes=services.processes, prepare=services.client.flushall, look=look)


def _fields(parts: list[bytes]) -> dict[Any, Any]:
    return dict(zip(_FIELDS, [*parts, *parts], strict=False))


def _ask(services: Services, method: str, path: str) -> Outcome:
    """Ask twice: the first answer may say that a value was deleted."""
    outcome = judge(services.http.request(method, path))
    again = services.http.request(method, path)
    judge(again)
    if again.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        raise Fault(f"{method} {path} is refused again and again: {again.text}")
    return outcome


def _require_work(services: Services) -> None:
    """Require that a face is named, and that the others send heartbeats."""
    services.client.flushall()
    show(services.client, BLUE, 1, "good", "garden")
    wait_until_empty(services.client, redis_names.FACES)
    if names(services.client)[-1].person != "bea":
        raise Fault("faces are not named any more")
    services.wait_for(lambda: all(is_alive(services.client, name) for name in (EXTRACTOR, CAPTURE)))

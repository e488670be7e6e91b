"""Answers without an end, and what stands on every answer: a real server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import redis

from familiar.shared.access.scopes import Scope
from familiar.shared.contract import redis_names
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.stream import publish
from tests.app_client import bearer
from tests.builders import prediction_of
from tests.serving import Serving, events

STREAMS = [
    "/v1/predictions/stream",
    "/v1/sightings/stream",
    "/v1/cameras/door/faces/stream",
    "/v1/cameras/door/preview",
]
# Long enough for a busy machine, and shorter than the comments that keep a quiet stream open.
END_SECONDS = 10.0


@pytest.fixture(autouse=True)
def _door(client: redis.Redis) -> None:
    """Announce a camera."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))


@contextmanager
def listening(inference: Serving, path: str, secret: str | None) -> Iterator[httpx.Response]:
    """Ask for a stream with a token or without one."""
    headers = {} if secret is None else bearer(secret)
    with (
        httpx.Client(base_url=inference.http.base_url, headers=headers, timeout=END_SECONDS) as http,
        http.stream("GET", path) as response,
    ):
        yield response


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_is_for_whoever_may_watch(inference: Serving, path: str) -> None:
    """Not for nobody, a wrong token, an expired one, or one that is good for something else."""
    old = inference.tokens.add("old", [Scope.WATCH], datetime.now(UTC) - timedelta(seconds=1))
    predict, watch = (inference.tokens.add(scope, [scope]) for scope in (Scope.PREDICT, Scope.WATCH))
    statuses = {}
    for name, secret in {"nobody": None, "wrong": "x", "old": old, "predict": predict, "watch": watch}.items():
        with listening(inference, path, secret) as response:
            statuses[name] = response.status_code
    for name in ("old", "predict", "watch"):
        inference.tokens.revoke(name)
    assert statuses == {"nobody": 401, "wrong": 401, "old": 401, "predict": 403, "watch": 200}


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_ends_when_its_token_is_revoked(inference: Serving, path: str) -> None:
    """A stream that says nothing as well; it ends as any other, and the server goes on."""
    secret = inference.tokens.add("phone", [Scope.WATCH])
    with listening(inference, path, secret) as response:
        assert response.status_code == 200
        inference.tokens.revoke("phone")
        for _ in response.iter_bytes():
            pass
    assert inference.http.get("/healthz").status_code == 200


def test_a_stream_ends_when_its_token_expires(inference: Serving) -> None:
    """And not before."""
    expiry = datetime.now(UTC) + timedelta(seconds=3)
    with listening(inference, STREAMS[0], inference.tokens.add("guest", [Scope.WATCH], expiry)) as response:
        assert response.status_code == 200
        for _ in response.iter_bytes():
            pass
    assert datetime.now(UTC) >= expiry
    inference.tokens.revoke("guest")


def test_a_stream_of_a_valid_token_goes_on(client: redis.Redis, inference: Serving) -> None:
    """However often others are revoked meanwhile."""
    with listening(inference, STREAMS[0], inference.tokens.owner_secret()) as response:
        for _ in range(3):
            inference.tokens.add("other", [Scope.WATCH])
            inference.tokens.revoke("other")
            time.sleep(1)
        publish(client, redis_names.PREDICTIONS, prediction_of("p1", "karan"))
        assert next(events(response)).name == "prediction"


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/healthz", "/v1/people", "/v1/nothing", "/studio/studio.js"])
def test_no_answer_can_be_framed_or_embedded(inference: Serving, path: str) -> None:
    """Neither the page, nor the description of HTTP with its buttons, nor a problem."""
    headers = inference.http.get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_name_that_was_made_to_point_here_gets_nothing(inference: Serving) -> None:
    """With a token or without; the names of containers are none of this machine's."""
    for host in ("evil.example", "inference", "capture"):
        for path in ("/v1/people", "/", "/healthz"):
            answer = inference.http.get(path, headers={"host": host})
            assert (answer.status_code, answer.json()["code"]) == (400, "host-not-allowed")

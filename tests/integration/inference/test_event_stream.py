"""Predictions as server-sent events: from now on or from where one was, over every interruption."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from familiar.cli.stack.local_stack import free_port
from familiar.cli.stack.redis_server import redis_command
from familiar.services.inference.http.events import to_entry_id
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.contract.messages import Prediction, Sighting
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.stream import newest_id, publish
from tests.app_client import Site
from tests.builders import NOON, prediction_of
from tests.conftest import wait_for_redis
from tests.serving import DEADLINE_SECONDS, Event, Serving, events, serving, wait_until

# More than the threads that answer requests.
MANY = 60


def say(client: redis.Redis, prediction_id: str, camera: str = "door") -> Prediction:
    """Publish a prediction."""
    prediction = prediction_of(prediction_id, "karan").model_copy(update={"camera": camera})
    publish(client, "predictions", prediction)
    return prediction


@contextmanager
def listening(
    inference: Serving, path: str = "", after: str | None = None, stream: str = "predictions"
) -> Iterator[Iterator[Event]]:
    """Listen to predictions, or to another stream."""
    headers = {} if after is None else {"Last-Event-ID": after}
    with inference.http.stream("GET", f"/v1/{stream}/stream{path}", headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response)


@contextmanager
def redis_on(port: int, folder: Path) -> Iterator[redis.Redis]:
    """Run a Redis for as long as the block lasts; what it held is there again next time."""
    server = subprocess.Popen(redis_command(folder, port), stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_for_redis(url)
        yield open_redis(url)
    finally:
        server.terminate()
        server.wait(DEADLINE_SECONDS)


def said_by(event: Event) -> str:
    """Tell which prediction an event is."""
    assert isinstance(event.message, Prediction)
    return event.message.prediction_id


def readers(client: redis.Redis) -> int:
    """Count the connections that wait for predictions."""
    return sum(1 for connection in client.client_list() if connection["cmd"] == "xread")


def test_without_an_id_only_what_comes_from_now_on_is_sent(client: redis.Redis, inference: Serving) -> None:
    """The event is the message as it stands in Redis, and has the entry's id."""
    say(client, "before")
    with listening(inference) as stream:
        said = say(client, "after")
        assert next(stream) == Event("prediction", newest_id(client, "predictions").decode(), said)


def test_a_listener_goes_on_after_the_last_event_it_got(client: redis.Redis, inference: Serving) -> None:
    """What came while it was away comes first; an id that is no longer kept goes on with the oldest that is."""
    for number in range(3):
        say(client, f"p-{number}")
    with listening(inference, after="0-1") as stream:
        first = next(stream)
    with listening(inference, after=first.event_id) as stream:
        assert [said_by(next(stream)) for _ in range(2)] == ["p-1", "p-2"]
        say(client, "p-3")
        assert said_by(next(stream)) == "p-3"
    assert said_by(first) == "p-0"


def test_one_camera_alone_can_be_listened_to(client: redis.Redis, inference: Serving) -> None:
    """What is no prediction is passed over."""
    say(client, "yard", "yard")
    client.xadd("predictions", {"header": "{}", "payload": ""})
    say(client, "door")
    with listening(inference, "?camera=door", after="0") as stream:
        assert said_by(next(stream)) == "door"


@pytest.mark.parametrize("last_event_id", ["", "newest", "1-2-3", "-1", "18446744073709551616-0", "1-x"])
def test_a_header_that_is_no_id_is_a_named_error(site: Site, last_event_id: str) -> None:
    """It says what an id looks like."""
    answer = site.ask("GET", "/v1/predictions/stream", headers={"Last-Event-ID": last_event_id})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:familiar:invalid-request")
    assert "1763888400000-0" in answer.json()["detail"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # Redis is only read
@given(st.from_regex(r"[0-9]{1,20}(-[0-9]{1,20})?", fullmatch=True))
def test_every_id_that_is_taken_is_one_to_redis(client: redis.Redis, text: str) -> None:
    """With zeros before it, too; an error of Redis would end an answer that has begun."""
    with suppress(InvalidRequest):
        assert client.xread({"predictions": to_entry_id(text)}) == []


def test_many_listeners_take_no_thread_and_free_what_they_held(client: redis.Redis, inference: Serving) -> None:
    """Other requests, which need threads, are answered meanwhile; everybody gets the event."""
    limits = httpx.Limits(max_connections=None)
    with ExitStack() as stack:
        http = stack.enter_context(
            httpx.Client(base_url=inference.http.base_url, timeout=DEADLINE_SECONDS, limits=limits)
        )
        many = Serving(inference.process, http)
        streams = [stack.enter_context(listening(many)) for _ in range(MANY)]
        wait_until(lambda: readers(client) > MANY / 2)
        assert http.get("/v1/people").json() == []
        say(client, "one")
        assert {said_by(next(stream)) for stream in streams} == {"one"}
    wait_until(lambda: readers(client) <= 1)


def test_a_stream_outlasts_redis_and_goes_on_where_it_was(home: Path, tmp_path: Path) -> None:
    """Whoever opens one meanwhile without an id is told by name that Redis is away."""
    port, folder = free_port(), tmp_path / "redis"
    folder.mkdir()
    with ExitStack() as stack:
        with redis_on(port, folder) as client:
            inference = stack.enter_context(serving(home, f"redis://127.0.0.1:{port}/0"))
            stream = stack.enter_context(listening(inference))
            say(client, "before")
            assert said_by(next(stream)) == "before"
        refused = inference.http.get("/v1/predictions/stream")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:familiar:redis-unavailable")
        with redis_on(port, folder) as client:
            say(client, "after")
            assert said_by(next(stream)) == "after"


def test_a_server_that_is_told_to_stop_ends_its_streams(client: redis.Redis, redis_url: str, home: Path) -> None:
    """The listener sees a whole answer, and the process is not waited for in vain."""
    client.ping()
    with serving(home, redis_url) as inference, listening(inference) as stream:
        inference.process.terminate()
        assert list(stream) == []
        inference.process.wait(DEADLINE_SECONDS)


def test_who_comes_and_who_leaves_is_sent_of_one_camera_or_of_all(client: redis.Redis, inference: Serving) -> None:
    """In the same way as predictions, from where a listener was."""
    said: tuple[tuple[str, Literal["came", "left"]], ...] = (("door", "came"), ("yard", "came"), ("door", "left"))
    came, at_the_yard, left = (
        Sighting(
            sighting_id="one",
            track_id="one",
            camera=camera,
            event=event,
            person="karan",
            confidence=0.9,
            model_version=1,
            at=NOON,
        )
        for camera, event in said
    )
    with listening(inference, "?camera=door", stream="sightings") as stream:
        for sighting in (came, at_the_yard, left):
            publish(client, "sightings", sighting)
        events = [next(stream), next(stream)]
    assert [(event.name, event.message) for event in events] == [("sighting", came), ("sighting", left)]
    with listening(inference, after=events[0].event_id, stream="sightings") as stream:
        assert [next(stream).message, next(stream).message] == [at_the_yard, left]

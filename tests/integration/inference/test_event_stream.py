"""Predictions as server-sent events: from now on or from where one was, over every interruption."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal

import httpx
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.processes import own_redis
from familiar.cli.watch import predictions
from familiar.services.inference.http.events import to_entry_id
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.contract.messages import Prediction, Sighting
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.stream import has_begun_anew, newest_id, publish
from tests.app_client import Site
from tests.builders import NOON, prediction_of
from tests.serving import DEADLINE_SECONDS, Event, Serving, events, serving, wait_until

# More than the threads that answer requests.
MANY = 60
MOST_READERS = 2
PARTS = st.integers(0, 2**64 - 1)


def say(client: redis.Redis, prediction_id: str, camera: str = "door") -> Prediction:
    """Publish a prediction."""
    prediction = prediction_of(prediction_id, "karan").model_copy(update={"camera": camera})
    publish(client, "predictions", prediction)
    return prediction


def say_at(client: redis.Redis, entry_id: str, prediction_id: str) -> None:
    """Publish a prediction under an id, as a server does whose clock says so."""
    header = prediction_of(prediction_id, "karan").model_dump_json()
    client.xadd("predictions", {"header": header, "payload": ""}, id=entry_id)


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
def redis_in(folder: Path) -> Iterator[tuple[redis.Redis, str]]:
    """Run a Redis for as long as the block lasts, each time at the same address."""
    with own_redis(folder) as url, open_redis(url) as client:
        yield client, url


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


def test_what_a_deleted_version_said_is_not_sent(client: redis.Redis, inference: Serving) -> None:
    """It may name somebody who was forgotten since; what the others said is."""
    with listening(inference) as stream:
        publish(client, "predictions", prediction_of("deleted", "rob").model_copy(update={"model_version": 2}))
        say(client, "kept")
        assert said_by(next(stream)) == "kept"


def test_listeners_that_come_at_different_times_get_each_event_once(client: redis.Redis, inference: Serving) -> None:
    """Whether it was published before they came, or after they and others did."""
    say(client, "p-0")
    with ExitStack() as stack:
        streams = []
        for number in range(1, 5):
            streams.append(stack.enter_context(listening(inference, after="0")))
            say(client, f"p-{number}")
        for stream in streams:
            assert [said_by(next(stream)) for _ in range(5)] == [f"p-{number}" for number in range(5)]


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


def test_many_listeners_share_a_reader_and_free_what_they_held(client: redis.Redis, inference: Serving) -> None:
    """Other requests, which need threads, are answered meanwhile; everybody gets the event."""
    limits = httpx.Limits(max_connections=None)
    with ExitStack() as stack:
        http = stack.enter_context(
            httpx.Client(
                base_url=inference.http.base_url,
                headers=inference.http.headers,
                timeout=DEADLINE_SECONDS,
                limits=limits,
            )
        )
        many = Serving(inference.process, http, inference.tokens)
        streams = [stack.enter_context(listening(many)) for _ in range(MANY)]
        assert http.get("/v1/people").json() == []
        say(client, "one")
        assert {said_by(next(stream)) for stream in streams} == {"one"}
        # Of these and of whatever else inference reads.
        assert readers(client) <= MOST_READERS
    wait_until(lambda: readers(client) < MOST_READERS)


def test_a_stream_outlasts_redis_and_goes_on_where_it_was(home: Path, tmp_path: Path) -> None:
    """Whoever opens one meanwhile without an id is told by name that Redis is away."""
    with ExitStack() as stack:
        with redis_in(tmp_path) as (client, url):
            inference = stack.enter_context(serving(home, url))
            stream = stack.enter_context(listening(inference))
            say(client, "before")
            assert said_by(next(stream)) == "before"
        refused = inference.http.get("/v1/predictions/stream")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:familiar:redis-unavailable")
        with redis_in(tmp_path) as (client, _url):
            say(client, "after")
            assert said_by(next(stream)) == "after"


def test_a_listener_goes_on_when_redis_comes_back_empty_with_its_clock_put_back(home: Path, tmp_path: Path) -> None:
    """The new stream's ids are smaller than what the listener waits after: all of it is new."""
    with ExitStack() as stack:
        with redis_in(tmp_path) as (client, url):
            inference = stack.enter_context(serving(home, url))
            stream = stack.enter_context(listening(inference))
            say(client, "before")
            assert said_by(next(stream)) == "before"
        with redis_in(tmp_path) as (client, _url):
            for number in range(2):
                say_at(client, f"5-{number}", f"p-{number}")
            assert [said_by(next(stream)) for _ in range(2)] == ["p-0", "p-1"]
            say(client, "after")
            assert said_by(next(stream)) == "after"


def test_a_subscriber_of_redis_goes_on_as_well(client: redis.Redis) -> None:
    """As `familiar watch` does."""
    say_at(client, "5-1", "p-0")
    watched = predictions(client, after=b"1763888400000-0")
    assert next(watched).prediction_id == "p-0"


@given(st.tuples(PARTS, PARTS), st.tuples(PARTS, PARTS))
def test_ids_are_compared_as_numbers(newest: tuple[int, int], after: tuple[int, int]) -> None:
    """First the time, then the place within it, which an id may leave out."""
    written = [f"{milliseconds}-{sequence}".encode() for milliseconds, sequence in (newest, after)]
    assert has_begun_anew(*written) == (newest < after)
    assert not has_begun_anew(f"{after[0]}-0".encode(), str(after[0]).encode())


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

"""Entries of the streams that many read: server-sent events, the preview, the command line and the model watcher."""

import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import redis
from hypothesis import strategies as st

from familiar.cli.watch import predictions, sightings_of
from familiar.shared.contract.messages import ModelVersion
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.stream import publish
from tests.builders import NOON, prediction_of
from tests.colour_crops import RED, crop_of
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.doors.messages import PREVIEW, SIGHTING
from tests.fuzzing.entries import AT_ONCE
from tests.fuzzing.ground import Ground
from tests.fuzzing.services import INFERENCE, PATIENCE_SECONDS, Services, services_of
from tests.fuzzing.site import judge
from tests.odd_entries import odd_entries
from tests.streams import append

_STREAMS = ("predictions", "sightings", "previews:door", "model-versions")
_LISTENED = {
    "/v1/predictions/stream": "prediction_id",
    "/v1/sightings/stream": "sighting_id",
    "/v1/cameras/door/faces/stream": "frame_id",
}
_LONGER = 3600 * 6
Entry = tuple[str, dict[bytes, bytes]]


class Listener:
    """A reader of server-sent events without an end, in a thread."""

    def __init__(self, http: httpx.Client, path: str, field: str) -> None:
        """Listen at `path` for events with this field."""
        self._http = http
        self._path = path
        self._field = field
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def listens(self) -> bool:
        """Whether it has heard anything."""
        return not self._heard.empty()

    def wait_for(self, value: str) -> None:
        """Wait for the event whose field has this value.

        Raises:
            Fault: it does not come.
        """
        try:
            while self._heard.get(timeout=PATIENCE_SECONDS) != value:
                pass
        except queue.Empty as error:
            raise Fault(f"{self._path} does not send what comes behind odd entries") from error

    def _run(self) -> None:
        with self._http.stream("GET", self._path, timeout=httpx.Timeout(PATIENCE_SECONDS, read=_LONGER)) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self._heard.put(str(json.loads(line[6:]).get(self._field)))


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Write odd entries into each stream and a good one behind them, while everything that reads them listens."""
    with services_of(ground, INFERENCE) as services:
        client = services.client
        announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
        client.persist("camera:door")
        listeners = [Listener(services.http, path, field) for path, field in _LISTENED.items()]
        turn = iter(range(10**9))

        def send(odd: Sequence[Entry]) -> list[Outcome]:
            number = f"n{next(turn)}"
            for stream, fields in odd:
                append(client, stream, fields)
            _publish_good(client, number)
            for listener in listeners:
                listener.wait_for(number)
            _read_otherwise(services, client, number)
            for stream in _STREAMS:
                # Deleted, a stream would begin anew, perhaps with the id that was heard last.
                client.xtrim(stream, maxlen=0)
            # Nobody is told which of them were readable: they were passed over, or sent.
            return [Outcome.ACCEPTED] * len(odd)

        odd = st.lists(_entries(), min_size=AT_ONCE, max_size=AT_ONCE)
        _wait_for_listeners(client, listeners)
        yield Door(odd, send, AT_ONCE, services.processes, look=services.require_sound)


def _entries() -> st.SearchStrategy[Entry]:
    hint = ModelVersion(model_version=2, published_at=NOON)
    messages: tuple[Any, ...] = (prediction_of("p", "bea", None), SIGHTING, PREVIEW, hint)
    return st.one_of(
        [
            st.tuples(st.just(stream), odd_entries(message, crop_of(RED)))
            for stream, message in zip(_STREAMS, messages, strict=True)
        ]
    )


def _publish_good(client: redis.Redis, number: str) -> None:
    publish(client, "predictions", prediction_of(number, "bea"))
    publish(client, "sightings", SIGHTING.model_copy(update={"sighting_id": number}))
    publish(client, "previews:door", PREVIEW.model_copy(update={"frame_id": number}), crop_of(RED))


def _read_otherwise(services: Services, client: redis.Redis, number: str) -> None:
    """Read the streams as the list of sightings, one picture of the preview, and the command line do."""
    judge(services.http.get("/v1/sightings"))
    read = [one.prediction_id for one in _until(predictions(client, PATIENCE_SECONDS, after=b"0"), number)]
    seen = [one.sighting_id for one in _until(sightings_of(client, PATIENCE_SECONDS, after=b"0"), number)]
    if number not in read or number not in seen:
        raise Fault("the command line does not come to what is behind odd entries")


def _until(messages: Iterator[Any], number: str) -> Iterator[Any]:
    for message in messages:
        yield message
        if number in {getattr(message, "prediction_id", None), getattr(message, "sighting_id", None)}:
            return


def _wait_for_listeners(client: redis.Redis, listeners: Sequence[Listener]) -> None:
    """Wait until all of them hear: what was published before they listen, they do not."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not all(listener.listens for listener in listeners):
        if time.monotonic() > until:
            raise Fault("nobody hears anything")
        _publish_good(client, "first")
        time.sleep(0.05)

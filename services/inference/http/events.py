"""HTTP: predictions and sightings as server-sent events, and the newest sightings as a list."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any, TypeVar

import redis
import structlog
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import InvalidRequest, MalformedEntry
from familiar.shared.contract.messages import Prediction, Sighting
from familiar.shared.contract.slugs import SLUG_PATTERN
from familiar.shared.redis.stream import Fields, parse_entry
from familiar.shared.stores.models import ModelStore

OneCamera = Annotated[str | None, Query(pattern=SLUG_PATTERN)]

MessageT = TypeVar("MessageT", bound=Prediction | Sighting)

SIGHTINGS_LISTED = 100

_ENTRY_ID = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")
_LARGEST_PART = 2**64 - 1

_log = structlog.get_logger()


def event_routes(client: redis.Redis, follower: StreamFollower, models: ModelStore) -> APIRouter:
    """Return the routes that stream predictions and sightings, and list the newest sightings."""
    routes = APIRouter(prefix="/v1", tags=["predictions"])

    @routes.get("/predictions/stream", response_class=EventSourceResponse)
    async def stream_predictions(
        after: Annotated[bytes, Depends(_start_of(follower, redis_names.PREDICTIONS))], camera: OneCamera = None
    ) -> AsyncIterator[ServerSentEvent]:
        """Stream the predictions of all cameras, or of one, as they are published.

        The header Last-Event-ID resumes after that event; if it is no longer kept, with the oldest that is.
        """
        async for entries in follower.tail(redis_names.PREDICTIONS, after):
            for message, event in _events("prediction", entries, Prediction, camera):
                # Who is forgotten is named by versions that are deleted first.
                if models.has(message.model_version):
                    yield event

    @routes.get("/sightings", tags=["sightings"])
    def list_sightings() -> list[Sighting]:
        """List who came and who left, newest first, the last hundred at most."""
        entries: Any = client.xrevrange(redis_names.SIGHTINGS, count=SIGHTINGS_LISTED)
        return [message for _, message in _read(entries, Sighting)]

    @routes.get("/sightings/stream", response_class=EventSourceResponse)
    async def stream_sightings(
        after: Annotated[bytes, Depends(_start_of(follower, redis_names.SIGHTINGS))], camera: OneCamera = None
    ) -> AsyncIterator[ServerSentEvent]:
        """Stream who comes and who leaves, on all cameras or on one; Last-Event-ID as with predictions."""
        async for entries in follower.tail(redis_names.SIGHTINGS, after):
            for message, event in _events("sighting", entries, Sighting, camera):
                # Who is forgotten is named by versions that are deleted first.
                if models.has(message.model_version):
                    yield event

    return routes


def _start_of(follower: StreamFollower, stream: str) -> Callable[..., Awaitable[bytes]]:
    async def start(last_event_id: Annotated[str | None, Header()] = None) -> bytes:
        # A dependency runs before the response starts: errors still get their status, and no later entry is missed.
        return await follower.newest_id(stream) if last_event_id is None else to_entry_id(last_event_id)

    return start


def _events(
    event: str, entries: list[tuple[bytes, Fields]], kind: type[Prediction] | type[Sighting], camera: str | None
) -> list[tuple[Prediction | Sighting, ServerSentEvent]]:
    """Return the readable entries of a camera, each with its event; None is every camera."""
    return [
        (message, ServerSentEvent(event=event, id=entry_id.decode(), data=message))
        for entry_id, message in _read(entries, kind)
        if camera in (None, message.camera)
    ]


def _read(entries: list[tuple[bytes, Fields]], kind: type[MessageT]) -> Iterator[tuple[bytes, MessageT]]:
    """Yield the readable entries, with their ids."""
    for entry_id, fields in entries:
        try:
            message, _ = parse_entry(fields, kind)
        except MalformedEntry as error:
            _log.warning("entry passed over", kind=kind.__name__, entry_id=entry_id.decode(), error=error.detail)
            continue
        yield entry_id, message


def to_entry_id(last_event_id: str) -> bytes:
    """Parse the id of a stream's entry: two numbers of 64 bits with a hyphen between them, or the first alone.

    Raises:
        InvalidRequest: it is none.
    """
    match = _ENTRY_ID.fullmatch(last_event_id)
    if match is None or any(int(part) > _LARGEST_PART for part in match.groups(default="0")):
        raise InvalidRequest(
            "Last-Event-ID is no id of an event. Send that of an event you got, such as 1763888400000-0, or none."
        )
    return last_event_id.encode()

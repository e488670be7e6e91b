"""HTTP: predictions as server-sent events, as they happen."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.inference.stream_follower import StreamFollower
from shared import redis_names
from shared.errors import InvalidRequest, MalformedEntry
from shared.messages import Prediction
from shared.redis_stream import Fields, parse_entry
from shared.slugs import SLUG_PATTERN

EVENT = "prediction"

_ENTRY_ID = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")
_LARGEST_PART = 2**64 - 1

_log = structlog.get_logger()


def event_routes(follower: StreamFollower) -> APIRouter:
    """Make the route that sends predictions as they are published."""
    routes = APIRouter(prefix="/v1/predictions", tags=["predictions"])

    async def start(last_event_id: Annotated[str | None, Header()] = None) -> bytes:
        # A dependency: here an error is still an answer of its own, and nothing published from now on is missed.
        if last_event_id is None:
            return await follower.newest_id(redis_names.PREDICTIONS)
        return to_entry_id(last_event_id)

    @routes.get("/stream", response_class=EventSourceResponse)
    async def stream_predictions(
        after: Annotated[bytes, Depends(start)],
        camera: Annotated[str | None, Query(pattern=SLUG_PATTERN)] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """Send each prediction of the cameras, or of one, as it is published.

        The header Last-Event-ID goes on after that event; where it is no longer kept, with the oldest that is.
        """
        async for entries in follower.follow(redis_names.PREDICTIONS, after):
            for entry_id, fields in entries:
                prediction = _read(entry_id, fields)
                if prediction and camera in (None, prediction.camera):
                    yield ServerSentEvent(event=EVENT, id=entry_id.decode(), data=prediction)

    return routes


def _read(entry_id: bytes, fields: Fields) -> Prediction | None:
    try:
        return parse_entry(fields, Prediction)[0]
    except MalformedEntry as error:
        _log.warning("prediction passed over", entry_id=entry_id.decode(), error=error.detail)
        return None


def to_entry_id(last_event_id: str) -> bytes:
    """Read the id of a stream's entry: two numbers of 64 bits with a hyphen between them, or the first alone.

    Raises:
        InvalidRequest: it is none.
    """
    match = _ENTRY_ID.fullmatch(last_event_id)
    if match is None or any(int(part) > _LARGEST_PART for part in match.groups(default="0")):
        raise InvalidRequest(
            "Last-Event-ID is no id of an event. Send that of an event you got, such as 1763888400000-0, or none."
        )
    return last_event_id.encode()

"""HTTP: live previews of a camera, as MJPEG or as events that say where faces are."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import redis
import redis.asyncio
import structlog
from fastapi import APIRouter, Depends, Path
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.preview_drawing import LabelledBox, draw_faces
from familiar.services.inference.http.responses import of_type
from familiar.services.inference.stream.sightings import View
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.services.inference.stream.view_store import read_view
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError, UnknownCamera
from familiar.shared.contract.messages import WITHOUT_A_NAME, Preview
from familiar.shared.contract.slugs import SLUG_PATTERN
from familiar.shared.redis.cameras import require_camera
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.stream import Fields, parse_entry
from familiar.shared.stores.forgettings import Forgettings
from familiar.shared.vision.images import decode_image, encode_jpeg

MOST_PICTURES_PER_SECOND = 12
# Time to live of the watched flag, which viewers renew every second.
WATCHED_SECONDS = 5
UNANSWERED = "..."

_BOUNDARY = "picture"
_MEDIA_TYPE = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
_JPEG_QUALITY = 80

CameraSlug = Annotated[str, Path(pattern=SLUG_PATTERN)]

_log = structlog.get_logger()


def preview_routes(client: redis.Redis, follower: StreamFollower, forgettings: Forgettings) -> APIRouter:
    """Return the routes that show a camera."""
    routes = APIRouter(prefix="/v1/cameras", tags=["cameras"])

    def watch(camera: CameraSlug) -> str:
        require_camera(client, camera)
        client.set(redis_names.watched(camera), 1, ex=WATCHED_SECONDS)
        return camera

    @routes.get(
        "/{camera}/preview",
        response_class=StreamingResponse,
        responses={**of_type("multipart/x-mixed-replace"), **problems(UnknownCamera)},
    )
    def show_preview(camera: Annotated[str, Depends(watch)], *, names: bool = True) -> StreamingResponse:
        """Stream a camera as MJPEG, with a box and a name for each face; a browser shows it as a moving picture.

        A face without a name is `unknown`, `too small`, `too blurred`, or `...` while there is no answer yet. With
        `names=false` nothing is drawn.
        """
        headers = {"Cache-Control": "no-store"}
        pictures = _parts(_pictures(follower, camera, forgettings, names=names))
        return StreamingResponse(pictures, media_type=_MEDIA_TYPE, headers=headers)

    @routes.get("/{camera}/faces/stream", response_class=EventSourceResponse, responses=problems(UnknownCamera))
    async def stream_faces(camera: Annotated[str, Depends(watch)]) -> AsyncIterator[ServerSentEvent]:
        """Stream where faces are in a camera's newest frame, as events `faces`, even while there is no model."""
        async for fields, _ in _newest(follower, camera):
            try:
                preview, _jpeg = parse_entry(fields, Preview)
            except FamiliarError as error:
                _log.warning("faces passed over", camera=camera, error=error.detail)
                continue
            yield ServerSentEvent(event="faces", data=preview)

    return routes


async def _parts(pictures: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield JPEGs as the parts of a multipart body.

    The boundary follows each at once, as browsers show a picture only at its end.
    """
    boundary = f"--{_BOUNDARY}\r\n".encode()
    yield boundary
    async for jpeg in pictures:
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
        yield head + jpeg + b"\r\n" + boundary


async def _newest(follower: StreamFollower, camera: str) -> AsyncIterator[tuple[Fields, View]]:
    """Yield a camera's newest preview and view, again and again; meanwhile the camera counts as watched."""
    async for entries in follower.tail(redis_names.previews(camera), after=b"0"):
        try:
            view = await _watch(follower.client, camera)
        except redis.RedisError as error:
            if trouble_of(error) is None:
                raise
            continue
        if entries:
            yield entries[-1][1], view


async def _pictures(
    follower: StreamFollower, camera: str, forgettings: Forgettings, *, names: bool
) -> AsyncIterator[bytes]:
    """Yield a camera's newest picture again and again, as JPEG, at most `MOST_PICTURES_PER_SECOND`."""
    due = time.monotonic()
    count = forgettings.count()
    async for fields, view in _newest(follower, camera):
        try:
            # CPU-bound for milliseconds, so not in the event loop.
            jpeg = await run_in_threadpool(_draw, fields, view) if names else parse_entry(fields, Preview)[1]
        except FamiliarError as error:
            _log.warning("preview passed over", camera=camera, error=error.detail)
            continue
        await asyncio.sleep(due - time.monotonic())
        due = time.monotonic() + 1 / MOST_PICTURES_PER_SECOND
        before, count = count, forgettings.count()
        # Otherwise the view was perhaps read before somebody was forgotten, whose name may be in the picture.
        if before == count:
            yield jpeg


async def _watch(client: redis.asyncio.Redis, camera: str) -> View:
    """Mark a camera as watched, and return what is in view of it."""
    async with client.pipeline(transaction=False) as pipeline:
        pipeline.set(redis_names.watched(camera), 1, ex=WATCHED_SECONDS)
        pipeline.get(redis_names.view(camera))
        _, text = await pipeline.execute()
    return read_view(camera, text)


def _draw(fields: Fields, view: View) -> bytes:
    preview, jpeg = parse_entry(fields, Preview)
    if not preview.faces:
        return jpeg
    faces = [LabelledBox(face.box, _label(view, face.track_id)) for face in preview.faces]
    return encode_jpeg(draw_faces(decode_image(jpeg), faces), _JPEG_QUALITY)


def _label(view: View, track_id: str) -> str:
    """Return a track's label, by its newest answer."""
    track = view.track(track_id)
    return UNANSWERED if track is None else track.run.person or WITHOUT_A_NAME[track.poor or "below_threshold"]

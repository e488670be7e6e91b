"""The registry of cameras: capture announces each one, with a TTL."""

from enum import StrEnum
from typing import Any

import redis
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownCamera
from familiar.shared.contract.messages import Message, Slug
from familiar.shared.redis.foreign_values import read_stored, slugs_in

ANNOUNCEMENT_SECONDS = 10
# How long frames and dead letters of a camera are kept that is gone.
GONE_SECONDS = 3600

_FORGOTTEN_AT_ONCE = 100


class CameraState(StrEnum):
    """The state of a camera's source."""

    RUNNING = "running"
    FAILING = "failing"
    ENDED = "ended"


class Camera(Message):
    """A camera as last announced by capture."""

    camera: Slug
    source: str
    """The source address, without credentials."""
    state: CameraState
    detail: str | None = None
    """Why the source is failing."""
    published: int = 0
    """Number of frames published since the source was opened."""


def announce_camera(client: redis.Redis, camera: Camera) -> None:
    """Announce a camera; the announcement expires after `ANNOUNCEMENT_SECONDS`."""
    with client.pipeline(transaction=True) as pipeline:
        pipeline.sadd(redis_names.CAMERAS, camera.camera)
        pipeline.set(redis_names.camera(camera.camera), camera.model_dump_json(), ex=ANNOUNCEMENT_SECONDS)
        # It may have been gone.
        for stream in _streams(camera.camera):
            pipeline.persist(stream)
        pipeline.execute()


def withdraw_camera(client: redis.Redis, camera: str) -> None:
    """Remove a camera from the registry, and delete its frames."""
    with client.pipeline(transaction=True) as pipeline:
        pipeline.srem(redis_names.CAMERAS, camera)
        pipeline.delete(redis_names.camera(camera), redis_names.frames(camera))
        _let_expire(pipeline, camera)
        pipeline.execute()


def camera_names(client: redis.Redis) -> list[str]:
    """Return the names of all cameras that are announced, or have frames left."""
    return sorted(_announcements(client))


def live_cameras(client: redis.Redis) -> tuple[Camera, ...]:
    """Return the cameras announced within the last `ANNOUNCEMENT_SECONDS`."""
    announced = _announcements(client)
    read = (read_stored(redis_names.camera(name), text, Camera) for name, text in sorted(announced.items()))
    return tuple(camera for camera in read if camera is not None)


def _announcements(client: redis.Redis) -> dict[str, bytes | None]:
    """Return the announcements of the cameras in the registry, None where one has expired and frames are left.

    Names of which neither is there are removed, so that reading the registry costs as much as there are cameras.
    """
    names = slugs_in(client.smembers(redis_names.CAMERAS))
    found: Any = client.mget([redis_names.camera(name) for name in names]) if names else []
    announced: dict[str, bytes | None] = dict(zip(names, found, strict=True))
    backlogs = _backlogs(client, [name for name, text in announced.items() if text is None])
    gone = [name for name, backlog in backlogs.items() if not backlog]
    for name in gone[:_FORGOTTEN_AT_ONCE]:
        _forget(client, name)
    return {name: text for name, text in announced.items() if name not in gone}


def _backlogs(client: redis.Redis, cameras: list[str]) -> dict[str, int]:
    """Return the number of frames left of cameras whose announcement has expired, and let them expire, too."""
    streams = [redis_names.frames(camera) for camera in cameras]
    with client.pipeline(transaction=False) as pipeline:
        for stream in streams:
            pipeline.xlen(stream)
            pipeline.ttl(stream)
        answers: list[int] = pipeline.execute()
    for stream, backlog, seconds in zip(streams, answers[::2], answers[1::2], strict=True):
        if backlog and seconds < 0:
            client.expire(stream, GONE_SECONDS)
    return dict(zip(cameras, answers[::2], strict=True))


def _forget(client: redis.Redis, camera: str) -> None:
    """Remove a camera that is gone from the registry, unless it is announced or sends frames at this moment."""
    watched = (redis_names.camera(camera), redis_names.frames(camera))

    def forget(pipeline: Pipeline) -> None:
        if not pipeline.exists(watched[0]) and not pipeline.xlen(watched[1]):
            pipeline.multi()
            pipeline.srem(redis_names.CAMERAS, camera)
            _let_expire(pipeline, camera)

    client.transaction(forget, *watched)


def _let_expire(pipeline: Pipeline, camera: str) -> None:
    """Queue that what is left of a camera goes, and the count of its dropped frames at once."""
    for stream in _streams(camera):
        pipeline.expire(stream, GONE_SECONDS)
    pipeline.hdel(redis_names.DROPPED, redis_names.frames(camera))


def _streams(camera: str) -> tuple[str, str]:
    frames = redis_names.frames(camera)
    return frames, redis_names.dead(frames)


def require_camera(client: redis.Redis, name: str) -> Camera:
    """Return the live camera of that name.

    Raises:
        UnknownCamera: there is none; the message lists the live cameras.
    """
    cameras = live_cameras(client)
    for camera in cameras:
        if camera.camera == name:
            return camera
    known = ", ".join(camera.camera for camera in cameras) or "none"
    raise UnknownCamera(
        f"There is no camera {name!r}. Cameras running now: {known}. FAMILIAR_CAMERAS of capture sets them."
    )

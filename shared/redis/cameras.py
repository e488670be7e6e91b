"""The registry of cameras: capture announces each one, with a TTL."""

from enum import StrEnum
from typing import Any

import redis

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownCamera
from familiar.shared.contract.messages import Message, Slug

ANNOUNCEMENT_SECONDS = 10


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
        pipeline.execute()


def withdraw_camera(client: redis.Redis, camera: str) -> None:
    """Remove a camera from the registry, and delete its frames."""
    with client.pipeline(transaction=True) as pipeline:
        pipeline.srem(redis_names.CAMERAS, camera)
        pipeline.delete(redis_names.camera(camera), redis_names.frames(camera))
        pipeline.execute()


def camera_names(client: redis.Redis) -> list[str]:
    """Return the names of all cameras announced and not withdrawn, alive or not."""
    known: set[Any] = client.smembers(redis_names.CAMERAS)
    return sorted(name.decode() for name in known)


def live_cameras(client: redis.Redis) -> tuple[Camera, ...]:
    """Return the cameras announced within the last `ANNOUNCEMENT_SECONDS`."""
    cameras = camera_names(client)
    if not cameras:
        return ()
    announced = client.mget([redis_names.camera(name) for name in cameras])
    return tuple(Camera.model_validate_json(text) for text in announced if text is not None)


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

"""Which cameras there are: capture announces each, and whoever wants to know reads it here."""

from enum import StrEnum
from typing import Any

import redis

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownCamera
from familiar.shared.contract.messages import Message, Slug

ANNOUNCEMENT_SECONDS = 10


class CameraState(StrEnum):
    """What a camera's source does."""

    RUNNING = "running"
    FAILING = "failing"
    ENDED = "ended"


class Camera(Message):
    """A camera as capture last announced it. `source` is written without user name and password.

    `published` counts frames since its source was opened; `detail` says why it fails.
    """

    camera: Slug
    source: str
    state: CameraState
    detail: str | None = None
    published: int = 0


def announce_camera(client: redis.Redis, camera: Camera) -> None:
    """Say how a camera is; the announcement is forgotten after `ANNOUNCEMENT_SECONDS`."""
    with client.pipeline(transaction=True) as pipeline:
        pipeline.sadd(redis_names.CAMERAS, camera.camera)
        pipeline.set(redis_names.camera(camera.camera), camera.model_dump_json(), ex=ANNOUNCEMENT_SECONDS)
        pipeline.execute()


def withdraw_camera(client: redis.Redis, camera: str) -> None:
    """Say that a camera is no more, and delete its frames."""
    with client.pipeline(transaction=True) as pipeline:
        pipeline.srem(redis_names.CAMERAS, camera)
        pipeline.delete(redis_names.camera(camera), redis_names.frames(camera))
        pipeline.execute()


def camera_names(client: redis.Redis) -> list[str]:
    """List every camera that was ever announced and not withdrawn, alive or not."""
    known: set[Any] = client.smembers(redis_names.CAMERAS)
    return sorted(name.decode() for name in known)


def live_cameras(client: redis.Redis) -> tuple[Camera, ...]:
    """List the cameras that capture announced within the last `ANNOUNCEMENT_SECONDS`."""
    cameras = camera_names(client)
    if not cameras:
        return ()
    announced = client.mget([redis_names.camera(name) for name in cameras])
    return tuple(Camera.model_validate_json(text) for text in announced if text is not None)


def require_camera(client: redis.Redis, name: str) -> Camera:
    """Look up a camera that is alive.

    Raises:
        UnknownCamera: there is none of that name; the message lists those there are.
    """
    cameras = live_cameras(client)
    for camera in cameras:
        if camera.camera == name:
            return camera
    known = ", ".join(camera.camera for camera in cameras) or "none"
    raise UnknownCamera(
        f"There is no camera {name!r}. Cameras running now: {known}. FAMILIAR_CAMERAS of capture sets them."
    )

"""Enrolment from photographs: a camera that shows each picture of a folder once."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import redis
import structlog

from services.capture.capture import FRAMES_KEPT, FrameOrigin, make_frame
from shared.contract import redis_names
from shared.contract.errors import FamiliarError
from shared.contract.messages import EnrolmentLabel
from shared.redis.cameras import Camera, CameraState, announce_camera
from shared.redis.stream import publish
from shared.vision.images import decode_image

_PAUSE_SECONDS = 0.05
_ANNOUNCE_EVERY_SECONDS = 1.0

_log = structlog.get_logger()


class PhotoCamera:
    """Publishes photographs as frames of an enrolment, no faster than they are worked through."""

    def __init__(self, client: redis.Redis, camera: str, look: Callable[[], object]) -> None:
        """Announce the camera; `look` is called in every pause, to show how things stand."""
        self._client = client
        self._camera = camera
        self._look = look
        self._started_at = datetime.now(UTC)
        self._published = 0
        self._announced_at = 0.0
        self._announce()

    def show(self, pictures: Sequence[Path], label: EnrolmentLabel) -> tuple[Path, ...]:
        """Publish each picture, wait until all are worked through, and answer those that could not be read."""
        unreadable = []
        for path in pictures:
            try:
                image = decode_image(path.read_bytes())
            except (FamiliarError, OSError) as error:
                _log.warning("picture passed over", file=str(path), error=str(error))
                unreadable.append(path)
                continue
            self._wait_for_backlog(FRAMES_KEPT - 1)
            origin = FrameOrigin(self._camera, self._started_at, self._published)
            frame, jpeg = make_frame(image, origin, label, live=False)
            publish(self._client, redis_names.frames(self._camera), frame, jpeg)
            self._published += 1
        self._wait_for_backlog(0)
        return tuple(unreadable)

    def _wait_for_backlog(self, most: int) -> None:
        while self._client.xlen(redis_names.frames(self._camera)) > most:
            self._announce()
            self._look()
            time.sleep(_PAUSE_SECONDS)

    def _announce(self) -> None:
        if time.monotonic() - self._announced_at < _ANNOUNCE_EVERY_SECONDS:
            return
        announce_camera(
            self._client,
            Camera(camera=self._camera, source="photographs", state=CameraState.RUNNING, published=self._published),
        )
        self._announced_at = time.monotonic()

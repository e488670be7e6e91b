"""The edge of capture: publishes the frames of one camera, and says how the camera is."""

import threading
import time
from datetime import UTC, datetime

import redis
import structlog

from services.capture import metrics
from services.capture.capture import FRAMES_KEPT, FrameOrigin, capture_images, make_frame
from services.capture.source_address import SourceAddress
from shared import redis_names
from shared.camera_registry import Camera, CameraState, announce_camera
from shared.connection import keep_going
from shared.enrolment_store import find_enrolment
from shared.errors import SourceFailed
from shared.images import Image
from shared.messages import EnrolmentLabel
from shared.redis_stream import drop_oldest, publish

_ANNOUNCE_EVERY_SECONDS = 1.0
_BACKLOG_PAUSE_SECONDS = 0.005
_FIRST_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 30.0

_log = structlog.get_logger()


class CameraWorker:
    """Publishes what one camera sees, until stopped.

    Live frames are dropped, the oldest first, when nobody keeps up; frames of an enrolment and of a source
    that is played as fast as it is consumed wait instead.
    """

    def __init__(self, client: redis.Redis, camera: str, address: SourceAddress, stopped: threading.Event) -> None:
        """Make the worker of `camera`; `run` starts it, `stopped` ends it."""
        self._client = client
        self._camera = camera
        self._address = address
        self._stopped = stopped
        self._state = Camera(camera=camera, source=address.shown, state=CameraState.FAILING, detail="not opened yet")
        self._announced_at = 0.0

    def run(self) -> None:
        """Publish until stopped or until the source ends; a source that fails is tried again, ever more slowly."""
        wait_seconds = _FIRST_RETRY_SECONDS
        while not self._stopped.is_set():
            try:
                self._publish_source()
            except SourceFailed as error:
                _log.warning("camera fails", camera=self._camera, error=error.detail, retry_in_seconds=wait_seconds)
                if self._state.published:
                    wait_seconds = _FIRST_RETRY_SECONDS
                self._rest(CameraState.FAILING, error.detail, wait_seconds)
                wait_seconds = min(wait_seconds * 2, _LONGEST_RETRY_SECONDS)
            else:
                _log.info("camera ended", camera=self._camera, frames=self._state.published)
                self._rest(CameraState.ENDED, "The file has been played to its end.", None)

    def _publish_source(self) -> None:
        started_at = datetime.now(UTC)
        self._state = Camera(camera=self._camera, source=self._address.shown, state=CameraState.RUNNING)
        for sequence, image in enumerate(capture_images(self._address, self._stopped.wait)):
            if self._stopped.is_set():
                return
            if sequence == 0:
                _log.info("camera runs", camera=self._camera, source=self._address.shown)
            self._publish_image(image, started_at, sequence)

    def _publish_image(self, image: Image, started_at: datetime, sequence: int) -> None:
        """Publish one image; with Redis away, this waits until it is back."""
        published = threading.Event()

        def step() -> None:
            label = self._wait_for_room()
            if not self._stopped.is_set():
                live = label is None and not self._address.fast
                with metrics.ENCODING.labels(self._camera).time():
                    frame, jpeg = make_frame(image, FrameOrigin(self._camera, started_at, sequence), label, live=live)
                with metrics.PUBLISHING.labels(self._camera).time():
                    publish(self._client, redis_names.frames(self._camera), frame, jpeg)
                metrics.PUBLISHED.labels(self._camera).inc()
                published.set()
                self._state = self._state.model_copy(update={"published": sequence + 1})
            self._announce()

        keep_going(step, lambda: published.is_set() or self._stopped.is_set())

    def _wait_for_room(self) -> EnrolmentLabel | None:
        """Make room for a frame by dropping the oldest, or wait for it; answer what the frame is to be labelled.

        An enrolment may begin or end during the wait, and whoever reads frames may be away: both are looked
        at again each time.
        """
        stream = redis_names.frames(self._camera)
        while not self._stopped.is_set():
            enrolment = find_enrolment(self._client, self._camera)
            label = enrolment.label_at(datetime.now(UTC)) if enrolment else None
            backlog = self._client.xlen(stream)
            if backlog < FRAMES_KEPT:
                return label
            if label is None and not self._address.fast:
                drop_oldest(self._client, stream, FRAMES_KEPT - 1)
                return label
            self._announce()
            self._stopped.wait(_BACKLOG_PAUSE_SECONDS)
        return None

    def _announce(self) -> None:
        if time.monotonic() - self._announced_at >= _ANNOUNCE_EVERY_SECONDS:
            announce_camera(self._client, self._state)
            self._announced_at = time.monotonic()

    def _rest(self, state: CameraState, detail: str, seconds: float | None) -> None:
        """Keep announcing the state for so many seconds, or until stopped."""
        self._state = self._state.model_copy(update={"state": state, "detail": detail})
        self._announced_at = 0.0
        rested = threading.Event()
        until = None if seconds is None else time.monotonic() + seconds

        def step() -> None:
            self._announce()
            self._stopped.wait(_ANNOUNCE_EVERY_SECONDS / 4)
            if until is not None and time.monotonic() >= until:
                rested.set()

        keep_going(step, lambda: rested.is_set() or self._stopped.is_set())

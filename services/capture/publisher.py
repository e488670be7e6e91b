"""The edge to Redis of one camera: publishes its frames and announces its state."""

import threading
import time
from datetime import UTC, datetime

import redis
from redis.client import Pipeline

from familiar.services.capture import metrics
from familiar.services.capture.capture import FRAMES_KEPT, FrameOrigin, make_frame
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import EnrolmentLabel, Frame
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.connection import keep_going
from familiar.shared.redis.enrolments import find_enrolment
from familiar.shared.redis.foreign_values import removing_foreign_values
from familiar.shared.redis.stream import drop_oldest, publish
from familiar.shared.vision.images import Image

_ANNOUNCE_EVERY_SECONDS = 1.0
_BACKLOG_PAUSE_SECONDS = 0.005


class FramePublisher:
    """Publisher of one camera's frames and state, until stopped; while Redis is down, it waits.

    Backpressure: when the queue is full, a live frame displaces the oldest, while frames of an enrolment and of a
    `fast` source, which is played as fast as it is consumed, wait for room.
    """

    def __init__(
        self, client: redis.Redis, camera: str, source: str, stopped: threading.Event, *, fast: bool = False
    ) -> None:
        """Publish for `camera`; `source` is its address as shown to people."""
        self._client = client
        self._fast = fast
        self._stopped = stopped
        self._started_at = datetime.now(UTC)
        self._state = Camera(camera=camera, source=source, state=CameraState.RUNNING)
        self._announced_at = 0.0

    @property
    def published(self) -> int:
        """Frames published since the source was opened."""
        return self._state.published

    def reopen(self) -> None:
        """Start over for a source that is opened again: its next frame is its first."""
        self._started_at = datetime.now(UTC)
        self._set_state(CameraState.RUNNING, None, published=0)

    def publish(self, image: Image, jpeg: bytes | None = None) -> None:
        """Publish an image; `jpeg` is its encoding, if there is one already."""
        published = threading.Event()

        @removing_foreign_values(self._client, redis_names.CAPTURE)
        def step() -> None:
            label = self._wait_for_room()
            if not self._stopped.is_set():
                camera = self._state.camera
                origin = FrameOrigin(camera, self._started_at, self._state.published)
                live = label is None and not self._fast
                with metrics.ENCODING.labels(camera).time():
                    frame, payload = make_frame(image, origin, label, live=live, jpeg=jpeg)
                with metrics.PUBLISHING.labels(camera).time():
                    self._publish(frame, payload)
                metrics.PUBLISHED.labels(camera).inc()
                published.set()
                self._state = self._state.model_copy(update={"published": self._state.published + 1})
            self.announce()

        keep_going(step, lambda: published.is_set() or self._stopped.is_set())

    def _publish(self, frame: Frame, payload: bytes) -> None:
        """Append a frame to the queue; one with a label only while its enrolment is there: it names somebody."""
        stream = redis_names.frames(frame.camera)
        if frame.enrolment is None:
            publish(self._client, stream, frame, payload)
            return

        def commit(pipeline: Pipeline) -> None:
            enrolment = find_enrolment(pipeline, frame.camera)
            pipeline.multi()
            if enrolment is not None:
                publish(pipeline, stream, frame, payload)

        # Forgetting somebody changes the counter, and then deletes the enrolment and the frames.
        self._client.transaction(commit, redis_names.FORGETTINGS)

    def announce(self) -> None:
        """Announce the camera's state, at most once a second."""
        if time.monotonic() - self._announced_at >= _ANNOUNCE_EVERY_SECONDS:
            announce_camera(self._client, self._state)
            self._announced_at = time.monotonic()

    def keep_announced(self) -> None:
        """Announce the state of a camera that delivers nothing; call it once a second."""
        said = threading.Event()

        @removing_foreign_values(self._client, redis_names.CAPTURE)
        def step() -> None:
            self.announce()
            said.set()

        keep_going(step, lambda: said.is_set() or self._stopped.is_set())

    def end(self, detail: str) -> None:
        """Announce that the camera has ended, and why."""
        self._set_state(CameraState.ENDED, detail, self._state.published)
        self.keep_announced()

    def rest(self, state: CameraState, detail: str, seconds: float | None) -> None:
        """Keep announcing a state for `seconds`, None for ever, or until stopped."""
        self._set_state(state, detail, self._state.published)
        rested = threading.Event()
        until = None if seconds is None else time.monotonic() + seconds

        @removing_foreign_values(self._client, redis_names.CAPTURE)
        def step() -> None:
            self.announce()
            self._stopped.wait(_ANNOUNCE_EVERY_SECONDS / 4)
            if until is not None and time.monotonic() >= until:
                rested.set()

        keep_going(step, lambda: rested.is_set() or self._stopped.is_set())

    def _set_state(self, state: CameraState, detail: str | None, published: int) -> None:
        self._state = self._state.model_copy(update={"state": state, "detail": detail, "published": published})
        self._announced_at = 0.0

    def _wait_for_room(self) -> EnrolmentLabel | None:
        """Drop the oldest frame, or wait for room; return the label for the next frame.

        Enrolments and consumers may come and go meanwhile, so each round checks both again.
        """
        stream = redis_names.frames(self._state.camera)
        while not self._stopped.is_set():
            enrolment = find_enrolment(self._client, self._state.camera)
            label = enrolment.label_at(datetime.now(UTC)) if enrolment else None
            backlog = self._client.xlen(stream)
            if backlog < FRAMES_KEPT:
                return label
            if label is None and not self._fast:
                drop_oldest(self._client, stream, FRAMES_KEPT - 1)
                return label
            self.announce()
            self._stopped.wait(_BACKLOG_PAUSE_SECONDS)
        return None

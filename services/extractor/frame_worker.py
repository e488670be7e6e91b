"""The edge of the extractor: works through frames, publishes their faces, and fulfils enrolments."""

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import redis
from redis.client import Pipeline

from familiar.services.extractor import metrics
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import FoundFace, SampleRules, find_faces
from familiar.services.extractor.leases import RENEW_SECONDS, Leases
from familiar.services.extractor.preview import publish_preview
from familiar.services.extractor.sample_collector import SampleCollector
from familiar.services.extractor.tracks import Track, match
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.messages import Face, Frame
from familiar.shared.redis.enrolments import find_enrolment
from familiar.shared.redis.stream import Consumer, Delivery, count_dropped, drop_oldest, publish, run_transaction
from familiar.shared.runtime.metrics import seconds_since
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import decode_image, encode_jpeg

FRAMES_AT_ONCE = 16
FACES_KEPT = 64


class FrameWorker:
    """Works through the frames of the cameras that it holds a lease on."""

    def __init__(
        self, client: redis.Redis, name: str, store: SampleStore, rules: SampleRules, detectors: Detectors
    ) -> None:
        """Make the extractor `name`; nothing is read before `step`."""
        self._client = client
        self._collector = SampleCollector(store, rules, detectors.certainty)
        self._detectors = detectors
        self._leases = Leases(client, name)
        self._consumer = Consumer(client, redis_names.EXTRACTOR, name, Frame)
        # What was received and is not completed. It stays here when the world goes down in the middle of it.
        self._waiting: deque[Delivery[Frame]] = deque()
        # The faces in view of each camera that is held. With a camera that is taken over they begin anew.
        self._tracks: dict[str, tuple[Track, ...]] = {}

    def step(self) -> None:
        """Take over new cameras with what their last extractor left, then work through what has come."""
        try:
            self._leases.renew()
            self._tracks = {camera: self._tracks.get(camera, ()) for camera in self._leases.cameras}
            self._detectors.keep(self._leases.cameras)
            for camera in self._leases.newly_taken():
                self._take_over(redis_names.frames(camera))
            if not self._waiting:
                self._receive()
        except redis.RedisError:
            # A reply that was lost may have handed entries over to us: what is pending is asked for again.
            self._leases.take_anew()
            raise
        self._work_through()

    def stop(self) -> None:
        """Give back the cameras."""
        self._leases.release()

    def _take_over(self, stream: str) -> None:
        """Claim all that is pending on a stream: with the lease, it belongs to nobody else."""
        claimed = self._consumer.claim(stream, idle_milliseconds=0)
        others = [delivery for delivery in self._waiting if delivery.stream != stream]
        self._waiting = deque([*others, *claimed])

    def _receive(self) -> None:
        streams = [redis_names.frames(camera) for camera in self._leases.cameras]
        if streams:
            self._waiting.extend(self._consumer.receive(streams, FRAMES_AT_ONCE))
        else:
            # Nothing to block on; the next look for cameras is due with the next renewal.
            time.sleep(RENEW_SECONDS)

    def _work_through(self) -> None:
        """Work through frames in order; of the live ones of a camera only the newest, as the others are stale."""
        newest = {delivery.stream: delivery.entry_id for delivery in self._waiting}
        while self._waiting:
            self._leases.renew()
            delivery = self._waiting[0]
            if not self._leases.holds(delivery.message.camera):
                # Its next owner has claimed it, or will.
                pass
            elif delivery.message.live and delivery.entry_id != newest[delivery.stream]:
                self._shed(delivery)
            else:
                self._extract(delivery)
            self._waiting.popleft()

    def _shed(self, delivery: Delivery[Frame]) -> None:
        """Complete a stale frame unread, and count it unless capture, which dropped it meanwhile, has done so."""
        *_, deleted = run_transaction(self._client, lambda pipeline: self._consumer.complete(delivery, pipeline))
        metrics.FRAMES_SHED.labels(delivery.message.camera).inc()
        if deleted:
            count_dropped(self._client, delivery.stream, 1)

    def _extract(self, delivery: Delivery[Frame]) -> None:
        """Publish a frame's faces and fulfil its enrolment, in one transaction with the acknowledgement."""
        frame = delivery.message
        metrics.FRAME_WAITING.labels(frame.camera).observe(seconds_since(frame.captured_at))
        try:
            image = decode_image(delivery.payload)
        except (UnreadableImage, ImageTooLarge) as error:
            self._consumer.bury(delivery, error.detail)
            return
        with metrics.DETECTION.labels(frame.camera).time():
            faces = find_faces(image, self._detectors.for_frame(frame))
        tracks = match(self._tracks.get(frame.camera, ()), _opened_by(frame, faces))

        def commit(pipeline: Pipeline) -> None:
            enrolment = find_enrolment(pipeline, frame.camera)
            collected = self._collector.collect(frame, enrolment, faces)
            pipeline.multi()
            if collected is not None:
                self._collector.record(pipeline, collected)
            for index, (face, track) in enumerate(zip(faces, tracks, strict=False)):
                message = _face_message(frame, index, face, track)
                publish(pipeline, redis_names.FACES, message, encode_jpeg(face.crop))
            self._consumer.complete(delivery, pipeline)
            # Asked along with the rest: while nobody watches, previews cost nothing.
            pipeline.exists(redis_names.watched(frame.camera))

        # An enrolment that is replaced meanwhile makes this run again: it never gets another's counts.
        answers: Any = self._client.transaction(commit, redis_names.enrolment(frame.camera))
        self._tracks[frame.camera] = tracks
        metrics.FRAMES_EXTRACTED.labels(frame.camera).inc()
        metrics.FACES_FOUND.labels(frame.camera).inc(len(faces))
        if faces:
            drop_oldest(self._client, redis_names.FACES, FACES_KEPT)
        if answers[-1]:
            publish_preview(self._client, frame, delivery.payload, tracks[: len(faces)])


def _face_id(frame: Frame, index: int) -> str:
    return f"{frame.frame_id}-{index}"


def _opened_by(frame: Frame, faces: Sequence[FoundFace]) -> list[Track]:
    """Give the track that each face opens if it goes on with none: the same frame twice opens the same ones."""
    return [Track(_face_id(frame, index), face.box, frame.captured_at) for index, face in enumerate(faces)]


def _face_message(frame: Frame, index: int, face: FoundFace, track: Track) -> Face:
    return Face(
        face_id=_face_id(frame, index),
        frame_id=frame.frame_id,
        camera=frame.camera,
        captured_at=frame.captured_at,
        width=frame.width,
        height=frame.height,
        box=face.box,
        track_id=track.track_id,
    )

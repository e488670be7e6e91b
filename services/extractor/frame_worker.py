"""The edge of the extractor: consumes frames, publishes their faces, and fulfils enrolments."""

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import redis
from redis.client import Pipeline

from familiar.services.extractor import metrics
from familiar.services.extractor.camera_leases import RENEW_SECONDS, Leases
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import FoundFace, SampleRules, find_faces
from familiar.services.extractor.preview import publish_preview
from familiar.services.extractor.sample_collector import SampleCollector
from familiar.services.extractor.tracks import Track, match
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Face, Frame
from familiar.shared.redis.enrolments import find_enrolment
from familiar.shared.redis.stream import Consumer, Delivery, count_dropped, drop_oldest, publish, run_transaction
from familiar.shared.runtime.metrics import seconds_since
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import decode_image, encode_jpeg

FRAMES_AT_ONCE = 16
FACES_KEPT = 64


class FrameWorker:
    """Consumer of the frames of the cameras that this extractor holds leases on."""

    def __init__(
        self, client: redis.Redis, name: str, store: SampleStore, rules: SampleRules, detectors: Detectors
    ) -> None:
        """Consume as `name`, which is unique among extractors."""
        self._client = client
        self._collector = SampleCollector(store, rules, detectors.certainty)
        self._detectors = detectors
        self._leases = Leases(client, name)
        self._consumer = Consumer(client, redis_names.EXTRACTOR, name, Frame)
        # Received and not completed; kept across Redis outages.
        self._waiting: deque[Delivery[Frame]] = deque()
        # By camera held; a camera that is taken over starts without tracks.
        self._tracks: dict[str, tuple[Track, ...]] = {}

    def step(self) -> None:
        """Renew leases, claim what the last owners of new cameras left pending, then process what has arrived."""
        try:
            self._leases.renew()
            self._keep(self._leases.cameras)
            for camera in self._leases.newly_taken():
                self._take_over(redis_names.frames(camera))
            if not self._waiting:
                self._receive()
        except redis.RedisError:
            # A lost reply may have delivered entries to us, so what is pending is claimed again.
            self._leases.take_anew()
            raise
        self._work_through()

    def stop(self) -> None:
        """Release the cameras."""
        self._leases.release()

    def _keep(self, cameras: Sequence[str]) -> None:
        """Drop the state and the metrics of all cameras but these."""
        for camera in self._tracks.keys() - cameras:
            metrics.forget_camera(camera)
        self._tracks = {camera: self._tracks.get(camera, ()) for camera in cameras}
        self._detectors.keep(cameras)

    def _take_over(self, stream: str) -> None:
        """Claim every pending entry of a stream: whoever holds the lease owns them."""
        claimed = self._consumer.claim(stream, idle_milliseconds=0)
        others = [delivery for delivery in self._waiting if delivery.stream != stream]
        self._waiting = deque([*others, *claimed])

    def _receive(self) -> None:
        streams = [redis_names.frames(camera) for camera in self._leases.cameras]
        if streams:
            self._waiting.extend(self._consumer.receive(streams, FRAMES_AT_ONCE))
        else:
            # No stream to block on until a renewal finds a camera.
            time.sleep(RENEW_SECONDS)

    def _work_through(self) -> None:
        """Process frames in order, shedding all but a camera's newest live one."""
        newest = {delivery.stream: delivery.entry_id for delivery in self._waiting}
        while self._waiting:
            self._leases.renew()
            delivery = self._waiting[0]
            if delivery.stream != redis_names.frames(delivery.message.camera):
                self._consumer.bury(delivery, f"It is of another camera, {delivery.message.camera}.")
            elif not self._leases.holds(delivery.message.camera):
                # Its next owner has claimed it, or will.
                pass
            elif delivery.message.live and delivery.entry_id != newest[delivery.stream]:
                self._shed(delivery)
            else:
                self._extract(delivery)
            self._waiting.popleft()

    def _shed(self, delivery: Delivery[Frame]) -> None:
        """Complete a stale frame unread; count the drop, unless capture has dropped and counted it meanwhile."""
        *_, deleted = run_transaction(self._client, lambda pipeline: self._consumer.complete(delivery, pipeline))
        metrics.FRAMES_SHED.labels(delivery.message.camera).inc()
        if deleted:
            count_dropped(self._client, delivery.stream, 1)

    def _extract(self, delivery: Delivery[Frame]) -> None:
        """Publish a frame's faces and fulfil its enrolment; a frame that cannot be processed is a dead letter."""
        frame = delivery.message
        metrics.FRAME_WAITING.labels(frame.camera).observe(seconds_since(frame.captured_at))
        self._consumer.begin(delivery)
        with self._consumer.burying(delivery):
            image = decode_image(delivery.payload)
            with metrics.DETECTION.labels(frame.camera).time():
                faces = find_faces(image, self._detectors.for_frame(frame))
            tracks = match(self._tracks.get(frame.camera, ()), _opened_by(frame, faces))
            self._publish(delivery, faces, tracks)

    def _publish(self, delivery: Delivery[Frame], faces: Sequence[FoundFace], tracks: tuple[Track, ...]) -> None:
        """Publish a frame's faces and fulfil its enrolment, in one transaction with the acknowledgement."""
        frame = delivery.message

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
            # In the same round trip: while nobody watches, previews cost nothing.
            pipeline.exists(redis_names.watched(frame.camera))

        # Under WATCH: an enrolment that is replaced meanwhile never gets its predecessor's counts.
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
    """Return the track that each face opens if it continues none; a redelivered frame opens the same ones."""
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

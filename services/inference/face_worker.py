"""The stream edge of inference: names the faces that extractors publish, and publishes predictions."""

import os
import socket
import time
from datetime import UTC, datetime

import redis
from redis.client import Pipeline

from services.inference.predict import in_milliseconds, name_faces
from services.inference.predictor import Predictor
from services.inference.reload import ServedModel
from shared import redis_names
from shared.errors import ImageTooLarge, NoModel, UnreadableImage
from shared.images import Image, decode_image
from shared.kept_faces import KeptFaces
from shared.messages import Face, NamedFace, Prediction
from shared.redis_stream import Consumer, Delivery, publish, run_transaction

PREDICTIONS_KEPT = 10_000
FACES_AT_ONCE = 16
# A replica that has not completed a face within this time is taken for dead.
CLAIM_AFTER_MILLISECONDS = 10_000

_CLAIM_EVERY_SECONDS = 5.0
_NO_MODEL_PAUSE_SECONDS = 0.5


class FaceWorker:
    """Works through the stream of faces, together with the other replicas of inference."""

    def __init__(self, client: redis.Redis, served: ServedModel, kept: KeptFaces) -> None:
        """Make the worker; nothing is read before `step`."""
        self._client = client
        self._served = served
        self._kept = kept
        self._consumer = Consumer(client, redis_names.INFERENCE, f"{socket.gethostname()}-{os.getpid()}", Face)
        self._claimed_at = 0.0

    def step(self) -> None:
        """Name the faces that have come. Before the first model they wait in their bounded stream."""
        try:
            predictor = self._served.get()
        except NoModel:
            time.sleep(_NO_MODEL_PAUSE_SECONDS)
            return
        if time.monotonic() - self._claimed_at > _CLAIM_EVERY_SECONDS:
            for delivery in self._consumer.claim(redis_names.FACES, CLAIM_AFTER_MILLISECONDS):
                self._name(delivery, predictor)
            self._claimed_at = time.monotonic()
        for delivery in self._consumer.receive([redis_names.FACES], FACES_AT_ONCE):
            try:
                self._name(delivery, self._served.get())
            except NoModel:
                # Its people were forgotten meanwhile. The faces stay pending, and are claimed with the next model.
                return

    def _name(self, delivery: Delivery[Face], predictor: Predictor) -> None:
        started = time.perf_counter()
        try:
            crop: Image = decode_image(delivery.payload)
        except (UnreadableImage, ImageTooLarge) as error:
            self._consumer.bury(delivery, error.detail)
            return
        decoded = time.perf_counter()
        named = name_faces([crop], [delivery.message.box], predictor)
        classified = time.perf_counter()
        timing = {"decode": decoded - started, "classify": classified - decoded, "total": classified - started}
        prediction = _prediction(delivery.message, predictor.version, named, in_milliseconds(timing))

        def settle(pipeline: Pipeline) -> None:
            publish(pipeline, redis_names.PREDICTIONS, prediction, most=PREDICTIONS_KEPT)
            self._kept.keep(pipeline, prediction, [delivery.payload])
            self._consumer.complete(delivery, pipeline)

        run_transaction(self._client, settle)


def _prediction(face: Face, version: int, named: tuple[NamedFace, ...], timing_ms: dict[str, float]) -> Prediction:
    return Prediction(
        prediction_id=face.face_id,
        model_version=version,
        camera=face.camera,
        captured_at=face.captured_at,
        predicted_at=datetime.now(UTC),
        width=face.width,
        height=face.height,
        faces=named,
        timing_ms=timing_ms,
    )

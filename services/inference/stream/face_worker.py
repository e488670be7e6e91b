"""The stream edge of inference: names the faces of extractors, and publishes predictions and sightings."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import redis
from redis.client import Pipeline

from familiar.services.inference.metrics import measured as metrics
from familiar.services.inference.model.face_quality import too_poor
from familiar.services.inference.model.predict import in_milliseconds, name_face, unnamed_face
from familiar.services.inference.model.predictor import Predictor
from familiar.services.inference.model.reload import ServedModel
from familiar.services.inference.stream.sightings import PoorFace, Seen, SeenFace, View, see, see_poor
from familiar.services.inference.stream.track_averages import TrackAnswers, answer_to, average, remember
from familiar.services.inference.stream.view_store import find_track, find_view, keep_track, keep_view, watched_names
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import NoModel
from familiar.shared.contract.messages import Face, NamedFace, Prediction, TooPoor
from familiar.shared.redis.cameras import camera_names
from familiar.shared.redis.kept_faces import KeptFaces
from familiar.shared.redis.stream import Consumer, Delivery, publish
from familiar.shared.runtime.metrics import seconds_since
from familiar.shared.vision.images import Image, decode_image

PREDICTIONS_KEPT = 10_000
FACES_AT_ONCE = 16
# A replica that has not completed a face within this time is presumed dead.
CLAIM_AFTER_MILLISECONDS = 10_000

_CLAIM_EVERY_SECONDS = 5.0
_NO_MODEL_PAUSE_SECONDS = 0.5


class FaceWorker:
    """Consumer of the stream of faces, in one consumer group with the other replicas of inference."""

    def __init__(self, client: redis.Redis, name: str, served: ServedModel, kept: KeptFaces) -> None:
        """Consume as `name`, which is unique among replicas."""
        self._client = client
        self._served = served
        self._kept = kept
        self._consumer = Consumer(client, redis_names.INFERENCE, name, Face)
        self._claimed_at = 0.0
        self._cameras: set[str] = set()

    def step(self) -> None:
        """Name the faces that have arrived; before the first model they wait in their bounded stream."""
        try:
            self._served.get()
        except NoModel:
            time.sleep(_NO_MODEL_PAUSE_SECONDS)
            return
        if time.monotonic() - self._claimed_at > _CLAIM_EVERY_SECONDS:
            self._forget_cameras()
            self._name_all(self._consumer.claim(redis_names.FACES, CLAIM_AFTER_MILLISECONDS))
            self._claimed_at = time.monotonic()
        self._name_all(self._consumer.receive([redis_names.FACES], FACES_AT_ONCE))

    def _forget_cameras(self) -> None:
        gone = self._cameras.difference(camera_names(self._client))
        for camera in gone:
            metrics.forget_camera(camera)
        self._cameras -= gone

    def _name_all(self, deliveries: Sequence[Delivery[Face]]) -> None:
        for delivery in deliveries:
            try:
                self._name(delivery, self._served.get())
            except NoModel:
                # The version was deleted meanwhile. The faces stay pending, and are claimed under the next one.
                return

    def _name(self, delivery: Delivery[Face], predictor: Predictor) -> None:
        """Ask the model about a face, and commit the answer."""
        self._cameras.add(delivery.message.camera)
        metrics.FACE_WAITING.labels(delivery.message.camera).observe(seconds_since(delivery.published_at))
        self._consumer.begin(delivery)
        with self._consumer.burying(delivery):
            started = time.perf_counter()
            crop = decode_image(delivery.payload)
            decoded = time.perf_counter()
            answer = _ask(predictor, delivery.message, crop)
            classified = time.perf_counter()
            timing = {"decode": decoded - started, "classify": classified - decoded, "total": classified - started}
            metrics.CLASSIFICATION.labels(delivery.message.camera).observe(timing["classify"])
            self._commit(delivery, answer, predictor, in_milliseconds(timing))

    def _commit(
        self,
        delivery: Delivery[Face],
        answer: TrackAnswers | TooPoor,
        predictor: Predictor,
        timing_ms: dict[str, float],
    ) -> None:
        """Publish the track's answer and who came, in one transaction with the acknowledgement.

        It is retried if the track, the view or the people known change meanwhile.
        """
        face = delivery.message
        published: list[Prediction] = []

        def commit(pipeline: Pipeline) -> None:
            published.clear()
            if not self._consumer.owns(delivery):
                return
            self._served.require(predictor)
            before = find_track(pipeline, face.track_id)
            named, answers, seen = _conclude(face, answer, before, find_view(pipeline, face.camera), predictor)
            prediction = _prediction(face, predictor.version, named, timing_ms)
            pipeline.multi()
            publish(pipeline, redis_names.PREDICTIONS, prediction, most=PREDICTIONS_KEPT)
            self._kept.keep(pipeline, prediction, [delivery.payload])
            if answers:
                keep_track(pipeline, face.track_id, answers)
            if seen:
                keep_view(pipeline, seen)
            self._consumer.complete(delivery, pipeline)
            published.append(prediction)

        self._client.transaction(commit, *watched_names(face))
        for prediction in published:
            metrics.observe_face(prediction)


def _ask(predictor: Predictor, face: Face, crop: Image) -> TrackAnswers | TooPoor:
    """Return the model's answer to a face, or why it is not asked."""
    poor = too_poor(crop, face.box.width)
    if poor:
        return poor
    (confidences,) = predictor.confidences([crop])
    return answer_to(face, confidences, predictor.version, predictor.people)


def _conclude(
    face: Face, answer: TrackAnswers | TooPoor, before: TrackAnswers | None, view: View, predictor: Predictor
) -> tuple[NamedFace, TrackAnswers | None, Seen | None]:
    """Return the answer to a face, and the new states of its track and of the view; None leaves one as it is."""
    if isinstance(answer, str):
        poor = PoorFace(face.track_id, face.captured_at, answer)
        return unnamed_face(face.box, answer, face.track_id), None, see_poor(view, poor)
    answers = remember(before, answer)
    named = name_face(face.box, average(answers), predictor, face.track_id)
    # At-least-once delivery: a face that is delivered twice is answered twice, and counts once.
    counts = answers.has(face.face_id) and not (before and before.has(face.face_id))
    return named, answers, see(view, _seen_face(face, named, predictor.version)) if counts else None


def _seen_face(face: Face, named: NamedFace, version: int) -> SeenFace:
    return SeenFace(face.face_id, face.track_id, face.captured_at, named.person, named.confidence, version)


def _prediction(face: Face, version: int, named: NamedFace, timing_ms: dict[str, float]) -> Prediction:
    return Prediction(
        prediction_id=face.face_id,
        model_version=version,
        camera=face.camera,
        captured_at=face.captured_at,
        predicted_at=datetime.now(UTC),
        width=face.width,
        height=face.height,
        faces=(named,),
        timing_ms=timing_ms,
    )

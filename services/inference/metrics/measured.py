"""Prometheus metrics of inference; no label says who somebody is."""

from functools import cache

from prometheus_client import Counter, Histogram

from familiar.shared.contract.messages import Prediction
from familiar.shared.runtime.metrics import BUCKETS, new_registry, seconds_since

REGISTRY = new_registry()

FACE_WAITING = Histogram(
    "familiar_face_waiting_seconds",
    "From when a face was published to when inference began with it.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
CLASSIFICATION = Histogram(
    "familiar_face_classification_seconds",
    "How long the model took to answer for a face.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
DELAY = Histogram(
    "familiar_prediction_delay_seconds",
    "From when a frame was captured to when the prediction of a face in it was published.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
PICTURE = Histogram(
    "familiar_picture_prediction_seconds",
    "How long the answer to a picture over HTTP took, by step; `total` is all of them.",
    ["step"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
PREDICTIONS = Counter(
    "familiar_predictions_total",
    "Faces that were answered, by whether somebody was recognised; without a camera over HTTP.",
    ["camera", "kind"],
    registry=REGISTRY,
)
REQUESTS = Counter(
    "familiar_http_requests_total", "Requests that were answered over HTTP.", ["route", "status"], registry=REGISTRY
)


_KINDS = ("person", "unknown")


def observe_face(prediction: Prediction) -> None:
    """Record a prediction that was just published on the stream."""
    DELAY.labels(prediction.camera).observe(seconds_since(prediction.captured_at))
    _count_faces(prediction)


def observe_picture(prediction: Prediction) -> None:
    """Record the answer to a picture over HTTP."""
    for step, milliseconds in prediction.timing_ms.items():
        _step_of_picture(step).observe(milliseconds / 1000)
    _count_faces(prediction)


def count_request(route: str, status: int) -> None:
    """Count an answered request, by the template of its route."""
    _requests(route, status).inc()


def forget_camera(camera: str) -> None:
    """Drop the metrics of a camera that is gone: browsers open ever new ones."""
    _predictions.cache_clear()
    for metric in (FACE_WAITING, CLASSIFICATION, DELAY):
        metric.remove(camera)
    for kind in _KINDS:
        PREDICTIONS.remove(camera, kind)


def _count_faces(prediction: Prediction) -> None:
    for face in prediction.faces:
        _predictions(prediction.camera or "", _KINDS[face.person is None]).inc()


# Looking a metric up by its labels takes longer than incrementing it.
_step_of_picture = cache(PICTURE.labels)
_predictions = cache(PREDICTIONS.labels)
_requests = cache(REQUESTS.labels)

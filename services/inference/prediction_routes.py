"""HTTP: who is in this picture?"""

import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import redis
import structlog
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from services.inference.metrics import observe_picture
from services.inference.predict import Answer, predict_picture
from services.inference.predictor import Predictor
from services.inference.reload import ServedModel
from services.inference.uploaded_picture import BODY_TYPES, FIELD, read_picture
from shared.connection import trouble_of
from shared.detector import FaceDetector
from shared.images import Image, encode_jpeg
from shared.kept_faces import KeptFaces
from shared.lending_pool import Pool
from shared.messages import Prediction
from shared.redis_stream import run_transaction

_log = structlog.get_logger()

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_REQUEST_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY["schema"]}}
        },
        **dict.fromkeys(sorted(BODY_TYPES), _BINARY),
    },
}


def prediction_routes(client: redis.Redis, served: ServedModel, kept: KeptFaces) -> APIRouter:
    """Make the route that names the faces of a picture."""
    routes = APIRouter(prefix="/v1/predictions", tags=["predictions"])
    detectors = Pool(FaceDetector() for _ in range(os.cpu_count() or 1))

    def predict(data: bytes, predictor: Predictor) -> Answer:
        with detectors.lend() as detector:
            return predict_picture(data, detector, predictor)

    def keep(prediction: Prediction, crops: Sequence[Image]) -> None:
        """Keep the faces for a correction. A picture gets its answer without Redis, too."""
        jpegs = (encode_jpeg(crop) for crop in crops)
        try:
            run_transaction(client, lambda pipeline: kept.keep(pipeline, prediction, jpegs))
        except redis.RedisError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            _log.warning("faces not kept, so their prediction cannot be corrected", trouble=trouble)

    @routes.post("", openapi_extra={"requestBody": _REQUEST_BODY})
    async def create_prediction(request: Request) -> Prediction:
        """Find and name every face of a picture; `person` is null for somebody unknown."""
        captured_at = datetime.now(UTC)
        predictor = served.get()
        data = await read_picture(request)
        answer = await run_in_threadpool(predict, data, predictor)
        prediction = Prediction(
            prediction_id=uuid.uuid4().hex,
            model_version=predictor.version,
            camera=None,
            captured_at=captured_at,
            predicted_at=datetime.now(UTC),
            width=answer.width,
            height=answer.height,
            faces=answer.faces,
            timing_ms=answer.timing_ms,
        )
        observe_picture(prediction)
        await run_in_threadpool(keep, prediction, answer.crops)
        return prediction

    return routes

"""HTTP: who is in this picture?"""

import os
import uuid
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from services.inference.predict import Answer, predict_picture
from services.inference.predictor import Predictor
from services.inference.reload import ServedModel
from services.inference.uploaded_picture import BODY_TYPES, FIELD, read_picture
from shared.detector import FaceDetector
from shared.lending_pool import Pool
from shared.messages import Prediction

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


def prediction_routes(served: ServedModel) -> APIRouter:
    """Make the route that names the faces of a picture."""
    routes = APIRouter(prefix="/v1/predictions", tags=["predictions"])
    detectors = Pool(FaceDetector() for _ in range(os.cpu_count() or 1))

    def predict(data: bytes, predictor: Predictor) -> Answer:
        with detectors.lend() as detector:
            return predict_picture(data, detector, predictor)

    @routes.post("", openapi_extra={"requestBody": _REQUEST_BODY})
    async def create_prediction(request: Request) -> Prediction:
        """Find and name every face of a picture; `person` is null for somebody unknown."""
        captured_at = datetime.now(UTC)
        predictor = served.get()
        data = await read_picture(request)
        answer = await run_in_threadpool(predict, data, predictor)
        return Prediction(
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

    return routes

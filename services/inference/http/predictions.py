"""HTTP: naming the faces of a picture."""

import uuid
from datetime import UTC, datetime
from functools import partial

from fastapi import APIRouter, Request, Response

from familiar.services.inference.http.limits.picture_threads import PictureThreads
from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.uploads import PICTURE_BODY, PICTURE_PROBLEMS, read_picture
from familiar.services.inference.metrics.measured import observe_picture
from familiar.services.inference.model.predict import Answer, predict_crop, predict_picture
from familiar.services.inference.model.predictor import Predictor
from familiar.services.inference.model.reload import ServedModel
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.shared.contract.errors import NoModel
from familiar.shared.contract.messages import Prediction
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.vision.detector import FaceDetector


def prediction_routes(
    served: ServedModel, keeper: KeptFacesWriter, detectors: Pool[FaceDetector], threads: PictureThreads
) -> APIRouter:
    """Return the route that names the faces of a picture, found by `detectors`, in one of `threads`."""
    routes = APIRouter(prefix="/v1/predictions", tags=["predictions"])

    def predict(data: bytes, predictor: Predictor, *, crop: bool) -> Answer:
        if crop:
            return predict_crop(data, predictor)
        with detectors.lend() as detector:
            return predict_picture(data, detector, predictor)

    # The answer is validated on construction. For FastAPI to validate it again takes longer than decoding the picture.
    @routes.post(
        "",
        openapi_extra={"requestBody": PICTURE_BODY},
        response_model=Prediction,
        responses=problems(*PICTURE_PROBLEMS, NoModel),
    )
    async def create_prediction(request: Request, *, crop: bool = False) -> Response:
        """Detect and name the faces of a picture, the 128 largest at most; `person` is null for somebody unknown.

        With `crop=true` the picture is the crop of one face, the box and 15 % of it on every side: nothing is detected.
        """
        captured_at = datetime.now(UTC)
        data = await read_picture(request)
        predictor = served.get()
        answer = await threads.run(partial(predict, data, predictor, crop=crop))
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
        keeper.keep(prediction, answer.crops)
        return Response(prediction.model_dump_json(), media_type="application/json")

    return routes

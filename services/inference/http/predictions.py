"""HTTP: who is in this picture?"""

import os
import uuid
from asyncio import get_running_loop
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from familiar.services.inference.http.uploads import PICTURE_BODY, read_picture
from familiar.services.inference.metrics.measured import observe_picture
from familiar.services.inference.model.predict import Answer, predict_crop, predict_picture
from familiar.services.inference.model.predictor import Predictor
from familiar.services.inference.model.reload import ServedModel
from familiar.services.inference.model.scheduling import start_threads
from familiar.services.inference.stream.kept_faces_writer import FaceKeeper
from familiar.shared.contract.errors import InvalidRequest
from familiar.shared.contract.messages import Prediction
from familiar.shared.runtime.pool import Pool
from familiar.shared.vision.detector import FaceDetector

_YES_OR_NO = TypeAdapter(bool)


class _PredictionRoute(APIRoute):
    """A route that FastAPI describes by its function, and whose one parameter is read here.

    How FastAPI reads parameters takes a quarter of all that a request costs besides its picture. What else it would
    do around the function, such as dependencies of the router, it does not do here.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def answer(request: Request) -> Response:
            response: Response = await self.endpoint(request, crop=_says_crop(request))
            return response

        return answer


def _says_crop(request: Request) -> bool:
    try:
        return _YES_OR_NO.validate_python(request.query_params.get("crop", False))
    except ValidationError as error:
        raise InvalidRequest(
            "`crop` is neither true nor false. Say crop=true if the picture is the crop of one face."
        ) from error


def prediction_routes(served: ServedModel, keeper: FaceKeeper, detectors: Pool[FaceDetector]) -> APIRouter:
    """Make the route that names the faces of a picture, which is searched with `detectors`."""
    routes = APIRouter(prefix="/v1/predictions", tags=["predictions"], route_class=_PredictionRoute)
    # One for each core, and one that is ready when another is answered. More would only take turns at the cores.
    threads = start_threads(os.cpu_count() or 1, "picture")

    def predict(data: bytes, predictor: Predictor, *, crop: bool) -> Answer:
        if crop:
            return predict_crop(data, predictor)
        with detectors.lend() as detector:
            return predict_picture(data, detector, predictor)

    # The answer is checked where it is made. Having FastAPI check it again takes longer than decoding the picture.
    @routes.post("", openapi_extra={"requestBody": PICTURE_BODY}, response_model=Prediction)
    async def create_prediction(request: Request, *, crop: bool = False) -> Response:
        """Find and name every face of a picture; `person` is null for somebody unknown.

        With `crop=true` the picture is the crop of one face, the box and 15 % of it on every side: nothing is searched.
        """
        captured_at = datetime.now(UTC)
        data = await read_picture(request)
        predictor = served.get()
        answer = await get_running_loop().run_in_executor(threads, partial(predict, data, predictor, crop=crop))
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

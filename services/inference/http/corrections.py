"""HTTP: a predicted face, and the correction of its prediction."""

import redis
from fastapi import APIRouter, Request, Response

from familiar.services.inference.http.audit.record_requests import add_subject
from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.responses import JPEG, NO_STORE
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.shared.contract.errors import InvalidName, InvalidRequest, UnknownKeptFace, UnknownPerson
from familiar.shared.people.correct import Corrected, Correction, correct
from familiar.shared.redis.kept_faces import find_kept_face
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore


def correction_routes(
    client: redis.Redis, samples: SampleStore, strangers: StrangerStore, keeper: KeptFacesWriter
) -> APIRouter:
    """Return the routes that show a predicted face, and correct its prediction."""
    routes = APIRouter(prefix="/v1", tags=["people"])

    @routes.get(
        "/predictions/{prediction_id}/faces/{number}",
        response_class=Response,
        responses={**JPEG, **problems(UnknownKeptFace, InvalidRequest)},
    )
    def show_face(prediction_id: str, number: int) -> Response:
        """Return a face that can still be corrected, as JPEG; they are counted from 1."""
        keeper.flush()
        _, crop = find_kept_face(client, samples.seals, prediction_id, number)
        return Response(crop, media_type="image/jpeg", headers=NO_STORE)

    @routes.post("/corrections", responses=problems(UnknownKeptFace, UnknownPerson, InvalidName, InvalidRequest))
    def create_correction(correction: Correction, request: Request) -> Corrected:
        """Record whose a face really is, for the next training: `person`, who is enrolled, or a `stranger`."""
        keeper.flush()
        corrected = correct(client, samples, strangers, correction)
        if corrected.person is not None:
            add_subject(request, person=corrected.person)
        return corrected

    return routes

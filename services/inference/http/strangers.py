"""HTTP: faces of strangers, which training learns "unknown" from: counted, added from pictures, shown, deleted."""

from functools import partial

from fastapi import APIRouter, Request, Response, status

from familiar.services.inference.http.limits.picture_threads import PictureThreads
from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.responses import JPEG, NO_STORE, PathFaceId
from familiar.services.inference.http.uploads import PICTURE_BODY, PICTURE_PROBLEMS, read_picture
from familiar.shared.contract.errors import UnknownStranger
from familiar.shared.contract.messages import Message
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.detector import MOST_FACES, FaceDetector
from familiar.shared.vision.images import crops_in, decode_image, encode_jpeg

_UNKNOWN = problems(UnknownStranger)


class StrangersSummary(Message):
    """How many faces of strangers there are to learn from."""

    fetched: int
    """From a public data set."""
    given: int
    """From photographs."""
    marked: int
    """Marked as strangers in a correction."""


class StrangersAdded(Message):
    """What came of a picture."""

    faces: int
    """How many faces it shows."""
    stored: int
    """How many of them were not in the store before."""


def stranger_routes(strangers: StrangerStore, detectors: Pool[FaceDetector], threads: PictureThreads) -> APIRouter:
    """Return the routes of strangers' faces, which are found by `detectors` in one of `threads`."""
    routes = APIRouter(tags=["people"])

    def store_faces(data: bytes) -> StrangersAdded:
        image = decode_image(data)
        with detectors.lend() as detector:
            boxes = detector.detect(image)[:MOST_FACES]
        crops = [encode_jpeg(crop) for crop in crops_in(image, boxes)]
        stored = sum(strangers.add(StrangerSource.GIVEN, crop, None) for crop in crops)
        return StrangersAdded(faces=len(crops), stored=stored)

    @routes.get("")
    def show_strangers() -> StrangersSummary:
        """Count the faces of strangers in the store, by source."""
        return StrangersSummary(**{str(source): strangers.count(source) for source in StrangerSource})

    @routes.post("", openapi_extra={"requestBody": PICTURE_BODY}, responses=problems(*PICTURE_PROBLEMS))
    async def add_strangers(request: Request) -> StrangersAdded:
        """Store the faces of a picture as a stranger's, for the next training; nobody in it may be enrolled.

        Of a picture with more than 128 faces, the largest count.
        """
        return await threads.run(partial(store_faces, await read_picture(request)))

    @routes.get("/{source}")
    def list_strangers(source: StrangerSource) -> list[str]:
        """List the ids of the faces of a source."""
        return strangers.face_ids(source)

    @routes.get("/{source}/{face_id}", response_class=Response, responses={**JPEG, **_UNKNOWN})
    def show_stranger(source: StrangerSource, face_id: PathFaceId) -> Response:
        """Return a face, as JPEG."""
        jpeg = strangers.read(source, face_id)
        if jpeg is None:
            raise UnknownStranger
        return Response(jpeg, media_type="image/jpeg", headers=NO_STORE)

    @routes.delete("/{source}/{face_id}", status_code=status.HTTP_204_NO_CONTENT, responses=_UNKNOWN)
    def delete_stranger(source: StrangerSource, face_id: PathFaceId) -> None:
        """Delete a face; the next training does without it."""
        if not strangers.remove(source, face_id):
            raise UnknownStranger

    return routes

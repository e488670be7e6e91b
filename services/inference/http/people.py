"""HTTP: who is known, enrolling, renaming and forgetting somebody, and correcting a name."""

from typing import Annotated

import redis
from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from familiar.services.inference.http.responses import JPEG, KEPT_NOWHERE
from familiar.services.inference.stream.kept_faces_writer import FaceKeeper
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.messages import Message, Split
from familiar.shared.contract.slugs import SLUG_PATTERN
from familiar.shared.people.correct import Corrected, Correction, correct
from familiar.shared.people.forget import Forgotten, forget_person
from familiar.shared.redis.cameras import Camera, live_cameras, require_camera
from familiar.shared.redis.enrolments import (
    DEFAULT_PAUSE_SECONDS,
    DEFAULT_TEST_SAMPLES,
    DEFAULT_TRAIN_SAMPLES,
    Targets,
    begin_enrolment,
    cancel_enrolment,
    end_train_stretch,
    get_enrolment,
    list_enrolments,
)
from familiar.shared.redis.kept_faces import find_kept_face
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import Person, SampleStore
from familiar.shared.stores.strangers import StrangerStore

PathSlug = Annotated[str, Path(pattern=SLUG_PATTERN)]


class NewEnrolment(Message):
    """A request to collect samples: `train` and `test` are how many this enrolment collects.

    They are one session of the person, beside those of earlier enrolments. One that was cut short is gone on with
    if it is asked for again on the same day, on the same camera.
    """

    camera: str
    name: str
    train: int = Field(default=DEFAULT_TRAIN_SAMPLES, ge=0, le=10_000)
    test: int = Field(default=DEFAULT_TEST_SAMPLES, ge=0, le=10_000)
    pause_seconds: float = Field(default=DEFAULT_PAUSE_SECONDS, ge=0, le=60)


class NewName(Message):
    """What somebody is to be called."""

    name: str


class EnrolmentStatus(Message):
    """An enrolment with what follows from its counts: its state, and the split that is due."""

    state: EnrolmentState
    split: Split
    enrolment: Enrolment


def people_routes(client: redis.Redis, samples: SampleStore, models: ModelStore) -> APIRouter:
    """Make the routes that list, rename and forget people."""
    routes = APIRouter(prefix="/v1/people", tags=["people"])

    @routes.get("")
    def list_people() -> list[Person]:
        """List everybody who is enrolled, with their samples."""
        return list(samples.people())

    @routes.patch("/{person}")
    def rename_person(person: PathSlug, new: NewName) -> Person:
        """Give somebody another display name. Predictions name them by the same slug as before."""
        return samples.rename(person, new.name)

    @routes.delete("/{person}")
    def delete_person(person: PathSlug) -> Forgotten:
        """Forget somebody: samples, the model versions that know them, enrolments, and what is in the streams."""
        return forget_person(client, samples, models, person)

    return routes


def correction_routes(
    client: redis.Redis, samples: SampleStore, strangers: StrangerStore, keeper: FaceKeeper
) -> APIRouter:
    """Make the routes that show a face that was answered, and correct its prediction."""
    routes = APIRouter(prefix="/v1", tags=["people"])

    @routes.get("/predictions/{prediction_id}/faces/{number}", response_class=Response, responses=JPEG)
    def show_face(prediction_id: str, number: int) -> Response:
        """Show a face that can still be corrected, a JPEG; they are counted from 1."""
        keeper.flush()
        _, crop = find_kept_face(client, prediction_id, number)
        return Response(crop, media_type="image/jpeg", headers=KEPT_NOWHERE)

    @routes.post("/corrections")
    def create_correction(correction: Correction) -> Corrected:
        """Say whose a face really is, for the next training: `person`, who is enrolled, or a `stranger`."""
        keeper.flush()
        return correct(client, samples, strangers, correction)

    return routes


def enrolment_routes(client: redis.Redis, samples: SampleStore) -> APIRouter:
    """Make the routes that start, show and cancel enrolments."""
    routes = APIRouter(prefix="/v1/enrolments", tags=["people"])

    @routes.post("", status_code=status.HTTP_201_CREATED)
    def create_enrolment(new: NewEnrolment) -> EnrolmentStatus:
        """Collect samples of somebody from a camera, until there are as many as asked for."""
        camera = require_camera(client, new.camera)
        targets = Targets(new.train, new.test, new.pause_seconds)
        return _status(begin_enrolment(client, samples, camera.camera, new.name, targets))

    @routes.get("")
    def show_enrolments() -> list[EnrolmentStatus]:
        """List the newest enrolment of every camera."""
        return [_status(enrolment) for enrolment in list_enrolments(client)]

    @routes.get("/{camera}")
    def show_enrolment(camera: PathSlug) -> EnrolmentStatus:
        """Tell how a camera's enrolment stands, and why frames were refused."""
        return _status(get_enrolment(client, camera))

    @routes.post("/{camera}/end-train")
    def end_train(camera: PathSlug) -> EnrolmentStatus:
        """Go on to test samples, however few train samples there are: for pictures of which there are no more."""
        return _status(end_train_stretch(client, camera))

    @routes.delete("/{camera}")
    def delete_enrolment(camera: PathSlug) -> EnrolmentStatus:
        """Stop collecting; what was collected stays."""
        return _status(cancel_enrolment(client, camera))

    return routes


def camera_routes(client: redis.Redis) -> APIRouter:
    """Make the route that lists cameras."""
    routes = APIRouter(prefix="/v1/cameras", tags=["cameras"])

    @routes.get("")
    def list_cameras() -> list[Camera]:
        """List the cameras that are announced now, failing ones too."""
        return list(live_cameras(client))

    return routes


def _status(enrolment: Enrolment) -> EnrolmentStatus:
    return EnrolmentStatus(state=enrolment.state, split=enrolment.split, enrolment=enrolment)

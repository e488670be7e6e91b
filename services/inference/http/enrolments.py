"""HTTP: enrolments: starting one, how it stands, and stopping it."""

import redis
from fastapi import APIRouter, status
from pydantic import Field

from familiar.services.inference.http.responses import PathSlug
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.messages import Message, Split
from familiar.shared.redis.cameras import require_camera
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
from familiar.shared.stores.samples import SampleStore


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


class EnrolmentStatus(Message):
    """An enrolment with what follows from its counts: its state, and the split that is due."""

    state: EnrolmentState
    split: Split
    enrolment: Enrolment


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


def _status(enrolment: Enrolment) -> EnrolmentStatus:
    return EnrolmentStatus(state=enrolment.state, split=enrolment.split, enrolment=enrolment)

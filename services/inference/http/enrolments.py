"""HTTP: enrolments, to start, show and cancel."""

import redis
from fastapi import APIRouter, Depends, Request, status
from pydantic import Field

from familiar.services.inference.http.audit.record_requests import add_subject
from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.responses import PathSlug
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.errors import (
    BeingForgotten,
    EnrolmentRunning,
    InvalidName,
    InvalidRequest,
    NameTaken,
    UnknownCamera,
    UnknownEnrolment,
)
from familiar.shared.contract.messages import Message, Split
from familiar.shared.redis.cameras import require_camera
from familiar.shared.redis.enrolment_restoring import restore_enrolments
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
    """A request to collect samples of somebody.

    They are one session of the person, beside those of earlier enrolments. One that was cut short resumes if it is
    requested again on the same day, on the same camera.
    """

    camera: str
    name: str
    train: int = Field(default=DEFAULT_TRAIN_SAMPLES, ge=0, le=10_000)
    """How many train samples this enrolment collects."""
    test: int = Field(default=DEFAULT_TEST_SAMPLES, ge=0, le=10_000)
    """How many test samples this enrolment collects."""
    pause_seconds: float = Field(default=DEFAULT_PAUSE_SECONDS, ge=0, le=60)


class EnrolmentStatus(Message):
    """An enrolment with what follows from its counts."""

    state: EnrolmentState
    split: Split
    """The split that is due."""
    enrolment: Enrolment


def enrolment_routes(client: redis.Redis, samples: SampleStore) -> APIRouter:
    """Return the routes that start, show and cancel enrolments; each first restores those that Redis has lost."""

    def restore() -> None:
        restore_enrolments(client, samples)

    routes = APIRouter(prefix="/v1/enrolments", tags=["people"], dependencies=[Depends(restore)])

    @routes.post(
        "",
        status_code=status.HTTP_201_CREATED,
        responses=problems(UnknownCamera, InvalidName, NameTaken, EnrolmentRunning, BeingForgotten, InvalidRequest),
    )
    def create_enrolment(new: NewEnrolment, request: Request) -> EnrolmentStatus:
        """Collect samples of somebody from a camera, until there are as many as requested."""
        camera = require_camera(client, new.camera)
        targets = Targets(new.train, new.test, new.pause_seconds)
        enrolment = begin_enrolment(client, samples, camera.camera, new.name, targets)
        add_subject(request, person=enrolment.request.person, camera=camera.camera)
        return _status(enrolment)

    @routes.get("")
    def show_enrolments() -> list[EnrolmentStatus]:
        """List the newest enrolment of every camera."""
        return [_status(enrolment) for enrolment in list_enrolments(client)]

    @routes.get("/{camera}", responses=problems(UnknownEnrolment))
    def show_enrolment(camera: PathSlug) -> EnrolmentStatus:
        """Return a camera's enrolment, and why frames were refused."""
        return _status(get_enrolment(client, camera))

    @routes.post("/{camera}/end-train", responses=problems(UnknownEnrolment))
    def end_train(camera: PathSlug) -> EnrolmentStatus:
        """Proceed to test samples, however few train samples there are, as where a source has no more pictures."""
        return _status(end_train_stretch(client, samples, camera))

    @routes.delete("/{camera}", responses=problems(UnknownEnrolment))
    def delete_enrolment(camera: PathSlug) -> EnrolmentStatus:
        """Stop collecting; what was collected remains."""
        return _status(cancel_enrolment(client, samples, camera))

    return routes


def _status(enrolment: Enrolment) -> EnrolmentStatus:
    return EnrolmentStatus(state=enrolment.state, split=enrolment.split, enrolment=enrolment)

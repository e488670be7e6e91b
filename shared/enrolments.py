"""Enrolments: one at a time on a camera, kept in the hash `enrolment:<camera>`.

The request never changes. The counts of samples are those of the store, written by the extractor after
each sample; what follows from them (which split is due, whether all is done) is derived and not kept.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import redis
from pydantic import Field
from redis.client import Pipeline

from shared import names
from shared.errors import EnrolmentRunning, InvalidRequest, UnknownEnrolment
from shared.messages import EnrolmentLabel, Message, Slug, Split, Time
from shared.sample_store import Person

DEFAULT_TRAIN_SAMPLES = 200
DEFAULT_TEST_SAMPLES = 100
DEFAULT_PAUSE_SECONDS = 3.0

_REFUSED = "refused:"


class Refusal(StrEnum):
    """Why a frame gave no sample."""

    FACE_NOT_FOUND = "face not found"
    MORE_THAN_ONE_FACE = "more than one face"
    TOO_SMALL = "too small"
    BLURRED = "blurred"
    NEAR_COPY = "near-copy"


class EnrolmentState(StrEnum):
    """Where an enrolment stands."""

    COLLECTING = "collecting"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


class EnrolmentRequest(Message):
    """What was asked for. `train` and `test` are how many samples the person has in the store at the end."""

    enrolment_id: str
    camera: Slug
    person: Slug
    name: str
    train: int = Field(ge=0, le=10_000)
    test: int = Field(ge=0, le=10_000)
    pause_seconds: float = Field(ge=0, le=60)
    requested_at: Time


class Enrolment(Message):
    """An enrolment as it stands.

    `train_complete_at` is when the last train sample was captured. `train_over` says that there will be no
    more train samples, as with the pictures of a folder: test samples are due then, however few there are.
    """

    request: EnrolmentRequest
    cancelled: bool
    train_over: bool
    train_samples: int
    test_samples: int
    train_complete_at: Time | None
    refused: dict[Refusal, int]

    @property
    def state(self) -> EnrolmentState:
        """Whether samples are being collected, all are there, or somebody called it off."""
        if self.train_samples >= self.request.train and self.test_samples >= self.request.test:
            return EnrolmentState.COMPLETE
        return EnrolmentState.CANCELLED if self.cancelled else EnrolmentState.COLLECTING

    @property
    def split(self) -> Split:
        """Which split is due: train samples first, then test samples."""
        train_is_due = self.train_samples < self.request.train and not self.train_over
        return Split.TRAIN if train_is_due else Split.TEST

    def label_at(self, captured_at: datetime) -> EnrolmentLabel | None:
        """Give the label for a frame captured now; None while nothing is collected.

        Between the last train sample and the first test frame lies a pause, so that the two splits come from
        separate stretches of time.
        """
        if self.state is not EnrolmentState.COLLECTING:
            return None
        if self.split is Split.TEST and self.train_complete_at is not None:
            pause = timedelta(seconds=self.request.pause_seconds)
            if captured_at < self.train_complete_at + pause:
                return None
        return self.label

    @property
    def label(self) -> EnrolmentLabel:
        """The label of the split that is due."""
        return EnrolmentLabel(enrolment_id=self.request.enrolment_id, person=self.request.person, split=self.split)


def request_enrolment(
    camera: str, person: Person, train: int, test: int, pause_seconds: float = DEFAULT_PAUSE_SECONDS
) -> EnrolmentRequest:
    """Make a request with a new id.

    Raises:
        InvalidRequest: there is nothing to collect.
    """
    if train + test == 0:
        raise InvalidRequest("Nothing to collect: ask for at least one train or test sample.")
    return EnrolmentRequest(
        enrolment_id=secrets.token_hex(6),
        camera=camera,
        person=person.slug,
        name=person.name,
        train=train,
        test=test,
        pause_seconds=pause_seconds,
        requested_at=datetime.now(UTC),
    )


def start_enrolment(client: redis.Redis, request: EnrolmentRequest, person: Person) -> Enrolment:
    """Start an enrolment, in place of an earlier one that has ended.

    Raises:
        EnrolmentRunning: the camera is collecting samples of somebody.
    """
    key = names.enrolment(request.camera)

    def replace(pipeline: Pipeline) -> None:
        running = _read(pipeline.hgetall(key))
        if running is not None and running.state is EnrolmentState.COLLECTING:
            raise EnrolmentRunning(
                f"Camera {request.camera!r} is enrolling {running.request.name!r}. {EnrolmentRunning().detail}"
            )
        pipeline.multi()
        pipeline.delete(key)
        pipeline.hset(
            key,
            mapping={
                "request": request.model_dump_json(),
                "cancelled": 0,
                "train_samples": person.train_samples,
                "test_samples": person.test_samples,
            },
        )

    client.transaction(replace, key)
    return get_enrolment(client, request.camera)


def find_enrolment(client: "redis.Redis | Pipeline", camera: str) -> Enrolment | None:
    """Read the newest enrolment of a camera; None where there never was one."""
    return _read(client.hgetall(names.enrolment(camera)))


def get_enrolment(client: redis.Redis, camera: str) -> Enrolment:
    """Read the newest enrolment of a camera.

    Raises:
        UnknownEnrolment: there never was one.
    """
    enrolment = find_enrolment(client, camera)
    if enrolment is None:
        raise UnknownEnrolment(f"There is no enrolment on camera {camera!r}.")
    return enrolment


def list_enrolments(client: redis.Redis) -> tuple[Enrolment, ...]:
    """Read the newest enrolment of every camera that has had one."""
    keys = sorted(client.scan_iter(match=names.enrolment("*")))
    return tuple(enrolment for key in keys if (enrolment := _read(client.hgetall(key))) is not None)


def cancel_enrolment(client: redis.Redis, camera: str) -> Enrolment:
    """Stop collecting; samples that are stored stay.

    Raises:
        UnknownEnrolment: there never was one.
    """
    get_enrolment(client, camera)
    client.hset(names.enrolment(camera), "cancelled", 1)
    return get_enrolment(client, camera)


def end_train_stretch(client: redis.Redis, camera: str) -> Enrolment:
    """Go on to test samples, however few train samples there are.

    Raises:
        UnknownEnrolment: there never was one.
    """
    get_enrolment(client, camera)
    client.hset(names.enrolment(camera), "train_over", 1)
    return get_enrolment(client, camera)


def erase_enrolments(client: redis.Redis, person: str) -> None:
    """Delete every enrolment of a person."""
    for enrolment in list_enrolments(client):
        if enrolment.request.person == person:
            client.delete(names.enrolment(enrolment.request.camera))


def count_refusal(pipeline: Pipeline, camera: str, refusal: Refusal) -> None:
    """Queue that a frame was refused."""
    pipeline.hincrby(names.enrolment(camera), _REFUSED + refusal)


def record_samples(pipeline: Pipeline, enrolment: Enrolment, person: Person, captured_at: datetime) -> None:
    """Queue how many samples the store holds, after a frame of `captured_at` was stored."""
    fields: dict[Any, Any] = {"train_samples": person.train_samples, "test_samples": person.test_samples}
    if enrolment.train_samples < enrolment.request.train <= person.train_samples:
        fields["train_complete_at"] = captured_at.isoformat()
    pipeline.hset(names.enrolment(enrolment.request.camera), mapping=fields)


def _read(fields: Mapping[Any, Any]) -> Enrolment | None:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    if "request" not in texts:
        return None
    return Enrolment.model_validate(
        {
            "request": EnrolmentRequest.model_validate_json(texts["request"]),
            "cancelled": texts.get("cancelled") == "1",
            "train_over": texts.get("train_over") == "1",
            "train_samples": texts.get("train_samples", 0),
            "test_samples": texts.get("test_samples", 0),
            "train_complete_at": texts.get("train_complete_at"),
            "refused": {
                name.removeprefix(_REFUSED): count for name, count in texts.items() if name.startswith(_REFUSED)
            },
        }
    )

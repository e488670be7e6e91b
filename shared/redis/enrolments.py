"""Enrolments in Redis: at most one running per camera, in the hash `enrolment:<camera>`.

The sample counts in it are those of the store, written by the extractor after each sample. They cover only this
enrolment's samples, which form one session of the person; enrolling again adds another session.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.enrolment import Enrolment, EnrolmentRequest, EnrolmentState, Refusal
from familiar.shared.contract.errors import EnrolmentRunning, InvalidRequest, UnknownEnrolment
from familiar.shared.stores.sample_origin import day_of
from familiar.shared.stores.samples import Person, SampleCounts, SampleStore

DEFAULT_TRAIN_SAMPLES = 200
DEFAULT_TEST_SAMPLES = 100
DEFAULT_PAUSE_SECONDS = 3.0

_REFUSED = "refused:"
# Each upload of photographs has its own camera and enrolment, cancelled at its end: without a TTL they would pile up.
_CANCELLED_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Targets:
    """The numbers of samples to collect in one enrolment, and the pause between train and test samples.

    Raises:
        InvalidRequest: there is nothing to collect.
    """

    train: int = DEFAULT_TRAIN_SAMPLES
    test: int = DEFAULT_TEST_SAMPLES
    pause_seconds: float = DEFAULT_PAUSE_SECONDS

    def __post_init__(self) -> None:
        """Reject targets without any sample."""
        if self.train + self.test == 0:
            raise InvalidRequest("Nothing to collect: ask for at least one train or test sample.")


def begin_enrolment(client: redis.Redis, store: SampleStore, camera: str, name: str, targets: Targets) -> Enrolment:
    """Start an enrolment, or resume an interrupted one; see `_unfinished_session`.

    The person is registered in the store only if the camera is free.

    Raises:
        InvalidName, NameTaken: see `SampleStore.register`.
        EnrolmentRunning: an enrolment is running on the camera.
    """
    _require_free(find_enrolment(client, camera))
    person = store.register(name)
    session = _unfinished_session(store, camera, person, targets)
    request = request_enrolment(camera, person, targets, session)
    return start_enrolment(client, request, store.count_session(person.slug, request.enrolment_id))


def request_enrolment(camera: str, person: Person, targets: Targets, session: str | None = None) -> EnrolmentRequest:
    """Create a request with a new id, or with that of the session to resume."""
    return EnrolmentRequest(
        enrolment_id=session or secrets.token_hex(6),
        camera=camera,
        person=person.slug,
        name=person.name,
        train=targets.train,
        test=targets.test,
        pause_seconds=targets.pause_seconds,
        requested_at=datetime.now(UTC),
    )


def start_enrolment(client: redis.Redis, request: EnrolmentRequest, counts: SampleCounts) -> Enrolment:
    """Start an enrolment that replaces an ended one; `counts` are its samples already in the store.

    Raises:
        EnrolmentRunning: an enrolment is running on the camera.
    """
    key = redis_names.enrolment(request.camera)
    fields: dict[Any, Any] = {
        "request": request.model_dump_json(),
        **_as_fields(counts),
    }

    def replace(pipeline: Pipeline) -> None:
        _require_free(find_enrolment(pipeline, request.camera))
        pipeline.multi()
        pipeline.delete(key)
        pipeline.hset(key, mapping=fields)

    client.transaction(replace, key)
    return get_enrolment(client, request.camera)


def find_enrolment(client: "redis.Redis | Pipeline", camera: str) -> Enrolment | None:
    """Return the newest enrolment of a camera, or None."""
    return _read(client.hgetall(redis_names.enrolment(camera)))


def get_enrolment(client: redis.Redis, camera: str) -> Enrolment:
    """Return the newest enrolment of a camera.

    Raises:
        UnknownEnrolment: there is none.
    """
    enrolment = find_enrolment(client, camera)
    if enrolment is None:
        raise UnknownEnrolment(f"There is no enrolment on camera {camera!r}.")
    return enrolment


def list_enrolments(client: redis.Redis) -> tuple[Enrolment, ...]:
    """Return the newest enrolment of each camera that has one."""
    keys = sorted(client.scan_iter(match=redis_names.enrolment("*")))
    return tuple(enrolment for key in keys if (enrolment := _read(client.hgetall(key))) is not None)


def cancel_enrolment(client: redis.Redis, camera: str) -> Enrolment:
    """Stop collecting, keeping stored samples; the enrolment expires after an hour.

    Raises:
        UnknownEnrolment: there is none.
    """
    cancelled = _mark(client, camera, "cancelled")
    client.expire(redis_names.enrolment(camera), _CANCELLED_KEPT_SECONDS)
    return cancelled


def end_train_stretch(client: redis.Redis, camera: str) -> Enrolment:
    """Proceed to test samples, however few train samples there are.

    Raises:
        UnknownEnrolment: there is none.
    """
    return _mark(client, camera, "train_over")


def erase_enrolment(client: redis.Redis, camera: str) -> None:
    """Delete the enrolment of a camera, running or not, keeping stored samples."""
    client.delete(redis_names.enrolment(camera))


def erase_enrolments(client: redis.Redis, person: str) -> None:
    """Delete every enrolment of a person."""
    for enrolment in list_enrolments(client):
        if enrolment.request.person == person:
            erase_enrolment(client, enrolment.request.camera)


def count_refusal(pipeline: Pipeline, camera: str, refusal: Refusal) -> None:
    """Queue the increment of a refusal's counter."""
    pipeline.hincrby(redis_names.enrolment(camera), _REFUSED + refusal)


def record_samples(pipeline: Pipeline, enrolment: Enrolment, counts: SampleCounts, captured_at: datetime) -> None:
    """Queue an update of the enrolment's sample counts after storing a frame captured at `captured_at`."""
    fields = _as_fields(counts)
    if enrolment.train_samples < enrolment.request.train <= counts.train:
        fields["train_complete_at"] = captured_at.isoformat()
    pipeline.hset(redis_names.enrolment(enrolment.request.camera), mapping=fields)


def _unfinished_session(store: SampleStore, camera: str, person: Person, targets: Targets) -> str | None:
    """Return the session that an enrolment resumes, or None for a new one.

    It is the newest from the same camera, if that is of today, in UTC, and has fewer samples than the targets.
    """
    newest = store.newest_enrolled(person.slug, camera)
    if newest is None or day_of(newest) != datetime.now(UTC).date():
        return None
    counts = store.count_session(person.slug, newest.enrolment_id)
    return newest.enrolment_id if counts.train < targets.train or counts.test < targets.test else None


def _as_fields(counts: SampleCounts) -> dict[Any, Any]:
    return {"train_samples": counts.train, "test_samples": counts.test}


def _mark(client: redis.Redis, camera: str, field: str) -> Enrolment:
    get_enrolment(client, camera)
    client.hset(redis_names.enrolment(camera), field, 1)
    return get_enrolment(client, camera)


def _require_free(enrolment: Enrolment | None) -> None:
    if enrolment is not None and enrolment.state is EnrolmentState.COLLECTING:
        request = enrolment.request
        raise EnrolmentRunning(f"Camera {request.camera!r} is enrolling {request.name!r}. {EnrolmentRunning().detail}")


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

"""Enrolments in Redis: at most one running per camera, in the hash `enrolment:<camera>`.

The sample counts in it are those of the store, written by the extractor after each sample. They cover only this
enrolment's samples, which form one session of the person; enrolling again adds another session.

Each open enrolment has a record beside the samples, which outlives Redis; `restore_enrolments` reads it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from pydantic import ValidationError
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.enrolment import Enrolment, EnrolmentRequest, EnrolmentState, OpenEnrolment, Refusal
from familiar.shared.contract.errors import EnrolmentRunning, InvalidRequest, UnknownEnrolment
from familiar.shared.redis.foreign_values import is_refused_for_a_foreign_value, read_stored, say_foreign
from familiar.shared.stores.records import Records
from familiar.shared.stores.sample_origin import day_of
from familiar.shared.stores.samples import Person, SampleCounts, SampleStore

DEFAULT_TRAIN_SAMPLES = 200
DEFAULT_TEST_SAMPLES = 100
DEFAULT_PAUSE_SECONDS = 3.0

_KEY = redis_names.enrolment("*")
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
        TooManyPeople, TooManySamples: there is no room for the person or for so many samples.
        DiskFull, OSError: the disk is full; nothing was started.
    """
    records = open_enrolments(store)
    with records.lock:
        running = find_enrolment(client, camera)
        if running is not None and _is_collecting(running) and records.find(camera) is None:
            # It began, and Redis' answer was lost: whoever was refused then is told now that it runs.
            records.write(camera, OpenEnrolment(request=running.request, train_over=running.train_over))
        _require_free(running)
        slug = store.slug_for(name)
        session = _unfinished_session(store, camera, slug, targets)
        counts = store.count_session(slug, session) if session else SampleCounts()
        store.require_room(slug, max(0, targets.train - counts.train) + max(0, targets.test - counts.test))
        request = request_enrolment(camera, store.register(name), targets, session)
        # First the record: an enrolment that somebody was told of is never in Redis alone.
        records.write(camera, OpenEnrolment(request=request))
        try:
            return start_enrolment(client, request, counts)
        except BaseException:
            records.remove(camera)
            raise


def open_enrolments(store: SampleStore) -> Records[OpenEnrolment]:
    """Return the records of open enrolments, by camera."""
    return Records(store.home, "enrolments", OpenEnrolment)


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


def start_enrolment(
    client: redis.Redis,
    request: EnrolmentRequest,
    counts: SampleCounts,
    *,
    train_over: bool = False,
    train_complete_at: datetime | None = None,
) -> Enrolment:
    """Start an enrolment that replaces an ended one; `counts` are its samples already in the store.

    Of one that is restored, `train_over` and `train_complete_at` may be known already.

    Raises:
        EnrolmentRunning: an enrolment is running on the camera.
    """
    key = redis_names.enrolment(request.camera)
    fields: dict[Any, Any] = {
        "request": request.model_dump_json(),
        **_as_fields(counts),
    }
    if train_over:
        fields["train_over"] = 1
    if train_complete_at is not None:
        fields["train_complete_at"] = train_complete_at.isoformat()

    def replace(pipeline: Pipeline) -> None:
        _require_free(find_enrolment(pipeline, request.camera))
        pipeline.multi()
        pipeline.delete(key)
        pipeline.hset(key, mapping=fields)

    client.transaction(replace, key)
    # As it was written: whoever read it back might find that Redis has lost it already.
    return Enrolment(
        request=request,
        cancelled=False,
        train_over=train_over,
        train_samples=counts.train,
        test_samples=counts.test,
        train_complete_at=train_complete_at,
        refused={},
    )


def find_enrolment(client: "redis.Redis | Pipeline", camera: str) -> Enrolment | None:
    """Return the newest enrolment of a camera, or None."""
    key = redis_names.enrolment(camera)
    try:
        return _read(client.hgetall(key))
    except redis.ResponseError as error:
        if not is_refused_for_a_foreign_value(error):
            raise
        # Who only reads it cannot delete it, and must not wait for it.
        say_foreign(key, str(error).encode())
        return None


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


def cancel_enrolment(client: redis.Redis, store: SampleStore, camera: str) -> Enrolment:
    """Stop collecting, keeping stored samples; the enrolment expires after an hour.

    Raises:
        UnknownEnrolment: there is none.
        redis.RedisError: Redis is away; the enrolment goes on.
    """
    records = open_enrolments(store)
    with records.lock:
        cancelled = _mark(client, camera, "cancelled")
        client.expire(redis_names.enrolment(camera), _CANCELLED_KEPT_SECONDS)
        records.remove(camera)
    return cancelled


def end_train_stretch(client: redis.Redis, store: SampleStore, camera: str) -> Enrolment:
    """Proceed to test samples, however few train samples there are.

    Raises:
        UnknownEnrolment: there is none.
    """
    records = open_enrolments(store)
    with records.lock:
        marked = _mark(client, camera, "train_over")
        if records.find(camera) is not None:
            records.write(camera, OpenEnrolment(request=marked.request, train_over=True))
    return marked


def erase_enrolment(client: redis.Redis, store: SampleStore, camera: str) -> None:
    """Delete the enrolment of a camera, running or not, keeping stored samples."""
    records = open_enrolments(store)
    with records.lock:
        client.delete(redis_names.enrolment(camera))
        records.remove(camera)


def erase_enrolments(client: redis.Redis, store: SampleStore, person: str) -> None:
    """Delete every enrolment of a person."""
    requests = [enrolment.request for enrolment in list_enrolments(client)]
    requests += [enrolment.request for enrolment in open_enrolments(store).all()]
    for camera in {request.camera for request in requests if request.person == person}:
        erase_enrolment(client, store, camera)


def count_refusal(pipeline: Pipeline, camera: str, refusal: Refusal) -> None:
    """Queue the increment of a refusal's counter."""
    pipeline.hincrby(redis_names.enrolment(camera), _REFUSED + refusal)


def record_samples(pipeline: Pipeline, enrolment: Enrolment, counts: SampleCounts, captured_at: datetime) -> None:
    """Queue an update of the enrolment's sample counts after storing a frame captured at `captured_at`."""
    fields = _as_fields(counts)
    if enrolment.train_samples < enrolment.request.train <= counts.train:
        fields["train_complete_at"] = captured_at.isoformat()
    pipeline.hset(redis_names.enrolment(enrolment.request.camera), mapping=fields)


def _unfinished_session(store: SampleStore, camera: str, person: str, targets: Targets) -> str | None:
    """Return the session that an enrolment resumes, or None for a new one.

    It is the newest from the same camera, if that is of today, in UTC, and has fewer samples than the targets.
    """
    newest = store.newest_enrolled(person, camera)
    if newest is None or day_of(newest) != datetime.now(UTC).date():
        return None
    counts = store.count_session(person, newest.enrolment_id)
    return newest.enrolment_id if counts.train < targets.train or counts.test < targets.test else None


def _as_fields(counts: SampleCounts) -> dict[Any, Any]:
    return {"train_samples": counts.train, "test_samples": counts.test}


def _mark(client: redis.Redis, camera: str, field: str) -> Enrolment:
    get_enrolment(client, camera)
    client.hset(redis_names.enrolment(camera), field, 1)
    return get_enrolment(client, camera)


def _is_collecting(enrolment: Enrolment) -> bool:
    return enrolment.state is EnrolmentState.COLLECTING


def _require_free(enrolment: Enrolment | None) -> None:
    if enrolment is not None and _is_collecting(enrolment):
        request = enrolment.request
        raise EnrolmentRunning(f"Camera {request.camera!r} is enrolling {request.name!r}. {EnrolmentRunning().detail}")


def _read(fields: Mapping[Any, Any]) -> Enrolment | None:
    texts = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in fields.items()}
    request = read_stored(_KEY, fields.get(b"request"), EnrolmentRequest)
    if request is None:
        return None
    stored = {
        "request": request,
        "cancelled": texts.get("cancelled") == "1",
        "train_over": texts.get("train_over") == "1",
        "train_samples": texts.get("train_samples", 0),
        "test_samples": texts.get("test_samples", 0),
        "train_complete_at": texts.get("train_complete_at"),
        "refused": {name.removeprefix(_REFUSED): count for name, count in texts.items() if name.startswith(_REFUSED)},
    }
    try:
        return Enrolment.model_validate(stored)
    except ValidationError:
        say_foreign(redis_names.enrolment(request.camera), repr(texts).encode())
        return None

"""Forgetting a person: samples, model versions, enrolments, and all faces and names in Redis."""

import contextlib
import time

import redis
import structlog

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownPerson
from familiar.shared.contract.messages import Message
from familiar.shared.redis.cameras import camera_names
from familiar.shared.redis.enrolments import cancel_enrolment, erase_enrolments, list_enrolments
from familiar.shared.redis.kept_faces import delete_kept_faces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore

# A rewrite in progress takes a fraction of a second.
_REWRITE_SECONDS = 5.0

_log = structlog.get_logger()


class Forgotten(Message):
    """The result of forgetting a person."""

    person: str
    samples: int
    """Number of deleted samples."""
    model_versions: tuple[int, ...]
    """The deleted versions."""
    serving: bool
    """Whether a version is left to serve; if not, the remaining people have to be trained again."""


def forget_person(client: redis.Redis, samples: SampleStore, models: ModelStore, person: str) -> Forgotten:
    """Delete all data of a person.

    The name is deleted before the versions, so that a running training publishes none that knows it. An interrupted
    deletion can be repeated. Streams, kept faces, tracks, previews and views are deleted as a whole, because they
    cannot be searched for a face: it may have been given another name or none.

    Raises:
        UnknownPerson: there is nobody of that slug.
    """
    enrolled = any(enrolment.request.person == person for enrolment in list_enrolments(client))
    if not enrolled and not models.versions_knowing(person):
        samples.person(person)
    for enrolment in list_enrolments(client):
        if enrolment.request.person == person:
            cancel_enrolment(client, enrolment.request.camera)
    count = 0
    with contextlib.suppress(UnknownPerson):
        count = samples.forget(person)
    versions = models.remove_versions_knowing(person)
    streams = [
        redis_names.FACES,
        redis_names.PREDICTIONS,
        redis_names.SIGHTINGS,
        *(redis_names.frames(camera) for camera in camera_names(client)),
    ]
    # Transactions WATCH this counter, so that answers given with these versions are discarded.
    client.incr(redis_names.FORGETTINGS)
    delete_kept_faces(client)
    _delete_what_is_in_view(client)
    for stream in streams:
        client.xtrim(stream, maxlen=0, approximate=False)
        client.delete(redis_names.dead(stream))
    # Last, because a repetition needs it as evidence that there is something to forget.
    erase_enrolments(client, person)
    _rewrite_append_only_file(client)
    return Forgotten(person=person, samples=count, model_versions=versions, serving=models.current() is not None)


def _rewrite_append_only_file(client: redis.Redis) -> None:
    """Have Redis rewrite its append-only file, which still holds the deleted data.

    A rewrite that is in progress may have forked before the deletions, so another one has to follow it.
    """
    until = time.monotonic() + _REWRITE_SECONDS
    while True:
        try:
            client.bgrewriteaof()
        except redis.ResponseError as error:
            if time.monotonic() > until:
                _log.warning("Redis' append-only file may still hold what was deleted", error=str(error))
                return
            time.sleep(_REWRITE_SECONDS / 50)
        else:
            return


def _delete_what_is_in_view(client: redis.Redis) -> None:
    """Delete tracks, views and previews. People before a camera arrive anew with their next faces."""
    for pattern in (redis_names.track("*"), redis_names.view("*"), redis_names.previews("*")):
        for key in client.scan_iter(match=pattern):
            client.delete(key)
    client.delete(redis_names.VIEWS)

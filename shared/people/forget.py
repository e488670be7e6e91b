"""Forgetting a person everywhere: samples, model versions, enrolments, and whatever Redis holds of faces and names."""

import contextlib

import redis

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import UnknownPerson
from familiar.shared.contract.messages import Message
from familiar.shared.redis.cameras import camera_names
from familiar.shared.redis.enrolments import cancel_enrolment, erase_enrolments, list_enrolments
from familiar.shared.redis.kept_faces import delete_kept_faces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore


class Forgotten(Message):
    """What was deleted. Without a version left to serve, training the others again is what comes next."""

    person: str
    samples: int
    model_versions: tuple[int, ...]
    serving: bool


def forget_person(client: redis.Redis, samples: SampleStore, models: ModelStore, person: str) -> Forgotten:
    """Delete all that Familiar holds of a person.

    The name goes before the versions, so that a training that is under way publishes none that knows it. A
    forgetting that was cut short can be repeated. Streams, kept faces, tracks, previews and what is in view of cameras
    cannot be searched for a face, which may have got another's name or none, so they go as a whole.

    Raises:
        UnknownPerson: there is nobody of that slug.
    """
    enrolled = any(enrolment.request.person == person for enrolment in list_enrolments(client))
    if not enrolled and not models.knows(person):
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
    # From here on, what was answered with one of these versions is written no more.
    client.incr(redis_names.FORGETTINGS)
    delete_kept_faces(client)
    _delete_what_is_in_view(client)
    for stream in streams:
        client.xtrim(stream, maxlen=0, approximate=False)
        client.delete(redis_names.dead(stream))
    # What shows that there is something to forget goes last.
    erase_enrolments(client, person)
    with contextlib.suppress(redis.ResponseError):
        # Redis' append-only file still has what was deleted; a rewrite that is under way already will do.
        client.bgrewriteaof()
    return Forgotten(person=person, samples=count, model_versions=versions, serving=models.current() is not None)


def _delete_what_is_in_view(client: redis.Redis) -> None:
    """Delete tracks, views and previews. Who stands before a camera comes anew with their next faces."""
    for pattern in (redis_names.track("*"), redis_names.view("*"), redis_names.previews("*")):
        for key in client.scan_iter(match=pattern):
            client.delete(key)
    client.delete(redis_names.VIEWS)

"""Forgetting a person: samples, model versions, enrolments, and all faces and names in Redis and in logs.

The intention is recorded first, and deleted last. In between every step is idempotent, so that whoever finds the
intention of a killed process goes through all of them again: the same command, or inference.
"""

import secrets
from contextlib import suppress

import redis
import structlog
from filelock import Timeout

from familiar.shared.contract.errors import BrokenModel, UnknownModel, UnknownPerson
from familiar.shared.contract.messages import Message, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.people.erase_audit import mask_audit
from familiar.shared.people.erase_files import erase_records, mask_logs
from familiar.shared.people.erase_redis import erase_from_redis
from familiar.shared.people.mentions import Mentions
from familiar.shared.people.retrain import retrain_the_others
from familiar.shared.redis.enrolments import list_enrolments
from familiar.shared.redis.training_queue import count_trainings
from familiar.shared.stores.forgettings import Forgettings, Intention
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore

_log = structlog.get_logger()


class Forgotten(Message):
    """The receipt of forgetting a person: numbers of what was deleted, and what follows from it."""

    person: str
    samples: int
    model_versions: tuple[int, ...]
    """The deleted versions."""
    serving: bool
    """Whether a version is left to serve; if not, the remaining people have to be trained again."""
    served_version: int | None = None
    """The version that is served now, which never knew the person."""
    training_job: str | None = None
    """The id of the training that was enqueued for the others; null where none is needed, or too few are left."""
    checkpoints: int = 0
    """States of interrupted trainings."""
    kept_faces: int = 0
    """Faces that could be corrected; anybody's, as those of one person cannot be told."""
    stream_entries: int = 0
    """Frames, faces, predictions, sightings and previews; anybody's."""
    dead_letters: int = 0
    """Anybody's."""
    failed_jobs: int = 0
    """Failed trainings whose error named the person."""
    log_lines: int = 0
    """Lines of the audit log and of the logs of `familiar up` in which a name was overwritten with asterisks."""


def forget_person(client: redis.Redis, samples: SampleStore, models: ModelStore, person: str) -> Forgotten:
    """Delete all data of a person, or complete a deletion that was interrupted.

    Raises:
        UnknownPerson: there is nobody of that slug.
        redis.RedisError: Redis is away; what is on the disk is deleted, and inference completes the rest.
    """
    forgettings = Forgettings(samples.home)
    with forgettings.one_at_a_time():
        intention = next((found for found in forgettings.pending() if found.person == person), None)
        if intention is None:
            intention = _intend(client, samples, models, person)
            forgettings.begin(intention)
        return _carry_out(client, samples, models, forgettings, intention)


def finish_forgettings(client: redis.Redis, samples: SampleStore, models: ModelStore) -> int:
    """Complete every forgetting that was interrupted, unless somebody is at it, and return their number.

    Raises:
        redis.RedisError: Redis is away; what is on the disk is deleted.
    """
    forgettings = Forgettings(samples.home)
    completed = 0
    if not forgettings.pending():
        return completed
    with suppress(Timeout), forgettings.one_at_a_time(timeout_seconds=0):
        for intention in forgettings.pending():
            forgotten = _carry_out(client, samples, models, forgettings, intention)
            _log.info("forgetting completed", versions=forgotten.model_versions, samples=forgotten.samples)
            completed += 1
    return completed


def _intend(client: redis.Redis, samples: SampleStore, models: ModelStore, person: str) -> Intention:
    """Find what there is of a person.

    Raises:
        UnknownPerson: nothing.
    """
    known = next((found for found in samples.people() if found.slug == person), None)
    enrolments = [found.request for found in list_enrolments(client) if found.request.person == person]
    if known is None and not enrolments and not models.knows(person):
        raise UnknownPerson(f"Nobody is enrolled as {person!r}. `familiar people` lists who is.")
    versions = models.versions_knowing(person)
    names = {request.name for request in enrolments} | _names_in(models, versions, person)
    return Intention(
        person=person,
        names=tuple(sorted(names | ({known.name} if known else set()))),
        samples=known.train_samples + known.test_samples if known else 0,
        model_versions=versions,
        training=_training_needed(client, models, versions),
        job_id=secrets.token_hex(16),
    )


def _carry_out(
    client: redis.Redis, samples: SampleStore, models: ModelStore, forgettings: Forgettings, intention: Intention
) -> Forgotten:
    person, home = intention.person, samples.home
    mentions = Mentions((person, *intention.names))
    # The name is deleted before the versions, so that a running training publishes none that knows it.
    samples.erase(person)
    checkpoints = models.count_checkpoints()
    versions = models.remove_versions_knowing(person)
    erased = erase_from_redis(client, samples, person, mentions)
    erase_records(home, mentions)
    forgettings.advance()
    log_lines = mask_logs(home, mentions) + mask_audit(home, mentions)
    job_id = retrain_the_others(client, samples, intention)
    forgettings.end(person)
    served = models.current()
    return Forgotten(
        person=person,
        samples=intention.samples,
        model_versions=tuple(sorted({*intention.model_versions, *versions})),
        serving=served is not None,
        served_version=served,
        training_job=job_id,
        checkpoints=checkpoints,
        log_lines=log_lines,
        **erased._asdict(),
    )


def _names_in(models: ModelStore, versions: tuple[int, ...], person: str) -> set[str]:
    """Return the display names of a person in the manifests of versions: those of the time of the training."""
    names = set()
    for version in versions:
        try:
            names |= {known.name for known in models.manifest(version).people if known.slug == person}
        except (BrokenModel, UnknownModel):
            continue
    return names


def _training_needed(client: redis.Redis, models: ModelStore, retired: tuple[int, ...]) -> TrainingOptions | None:
    """Return the options of the served version if it is retired, the defaults if a training is disturbed, or None."""
    served = models.current()
    if served in retired:
        try:
            return models.manifest(served).options.model_copy(update={"force": False})
        except (BrokenModel, UnknownModel):
            return TrainingOptions()
    return TrainingOptions() if count_trainings(client)[JobState.STARTED] else None

"""Forgetting a person everywhere: nothing of them is left in Redis or on the disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from rq.job import JobStatus
from rq.results import Result

from familiar.shared.contract.errors import UnknownJob, UnknownPerson
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.people.forget import Forgotten, forget_person
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.enrolments import Targets, list_enrolments, request_enrolment, start_enrolment
from familiar.shared.redis.training_queue import (
    enqueue_training,
    find_training,
    list_trainings,
    training_queue,
    training_records,
)
from familiar.shared.stores.models import MANIFEST, ModelStore
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import SampleCounts, SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.builders import crop, origin, publish_version
from tests.streams import keys_that_hold

STREAMS = ("frames:door", "faces", "predictions", "sightings")


@pytest.fixture
def samples(home: Path, client: redis.Redis) -> SampleStore:
    """Give a store with a sample of Zoe and one of Karan, both being enrolled."""
    store = SampleStore(home)
    for name, camera in (("Zoe", "door"), ("Karan", "yard")):
        person = store.register(name)
        announce_camera(client, Camera(camera=camera, source="0", state=CameraState.RUNNING))
        start_enrolment(client, request_enrolment(camera, person, Targets(3, 0)), SampleCounts())
        origin = SampleOrigin(frame_id="f", camera=camera, captured_at=datetime.now(UTC), enrolment_id="e")
        store.add(person.slug, Split.TRAIN, b"\xff\xd8crop", origin, 3)
    return store


def teach(samples: SampleStore, *names: str) -> None:
    """Give each of them enough samples for a training."""
    for person, name in enumerate(names):
        slug = samples.register(name).slug
        for number in range(2):
            samples.add(slug, Split.TRAIN, crop(10 * person + number), origin(number), None)


def fail_a_training(client: redis.Redis, home: Path, detail: str, traceback: str) -> str:
    """Have a training fail with a detail and a traceback, as the trainer and RQ record them; give its id."""
    queue, records = training_queue(client), training_records(home)
    job = queue.fetch_job(enqueue_training(client, records, TrainingOptions()).job_id)
    assert job is not None
    # As one that plain RQ enqueued, which the trainer has not seen.
    records.remove(job.id)
    queue.remove(job)
    job.meta["error"] = {"code": "failed", "detail": detail}
    job.set_status(JobStatus.FAILED)
    job.save()
    queue.failed_job_registry.add(job, ttl=60)
    Result.create_failure(job, ttl=60, exc_string=traceback)
    return job.id


def test_what_was_forgotten_is_told(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """How many samples, which versions, and whether anything is served now."""
    assert forget_person(client, samples, ModelStore(home), "zoe") == Forgotten(
        person="zoe", samples=1, model_versions=(), serving=False
    )


def test_only_the_others_are_left(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """People, samples and enrolments."""
    forget_person(client, samples, ModelStore(home), "zoe")
    assert [(person.slug, person.train_samples) for person in samples.people()] == [("karan", 1)]
    assert [enrolment.request.person for enrolment in list_enrolments(client)] == ["karan"]


def test_streams_and_their_dead_letters_are_emptied(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """A picture of the person may be in any of them."""
    for stream in STREAMS:
        client.xadd(stream, {"header": "zoe"})
        client.xadd(f"{stream}:dead", {"header": "zoe"})
    forget_person(client, samples, ModelStore(home), "zoe")
    assert [client.xlen(stream) for stream in STREAMS] == [0, 0, 0, 0]
    assert [client.exists(f"{stream}:dead") for stream in STREAMS] == [0, 0, 0, 0]


def test_previews_are_deleted(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """They show faces; whoever watches sees the next one."""
    client.xadd("previews:door", {"header": "a picture"})
    forget_person(client, samples, ModelStore(home), "zoe")
    assert not client.exists("previews:door")


def test_no_value_in_redis_names_the_person_any_more(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """Whatever key it is under; Redis gives values as they are when it is told not to compress them."""
    client.config_set("rdbcompression", "no")
    assert keys_that_hold(client, b"zoe") == {b"enrolment:door"}
    forget_person(client, samples, ModelStore(home), "zoe")
    assert keys_that_hold(client, b"zoe") == set()


def test_somebody_whom_nobody_knows_changes_nothing(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """The streams of the others are left alone."""
    client.xadd("faces", {"header": "karan"})
    with pytest.raises(UnknownPerson):
        forget_person(client, samples, ModelStore(home), "nobody")
    assert client.xlen("faces") == 1
    assert len(samples.people()) == 2


def test_every_version_that_knows_or_may_know_the_person_goes(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """A damaged version cannot say whom it knows, so it goes too; a version of the others alone stays."""
    models = ModelStore(home)
    others, knowing, damaged = (publish_version(models, *people) for people in (("karan",), ("zoe",), ("karan",)))
    (home / "models" / str(damaged) / MANIFEST).unlink()
    assert forget_person(client, samples, models, "zoe").model_versions == (knowing, damaged)
    assert models.versions() == (others,)
    assert list((home / "models" / str(damaged)).iterdir()) == []


def test_dead_letters_of_cameras_that_are_gone_are_deleted(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """They hold whole photographs, also those of an enrolment that ended long ago."""
    client.xadd("frames:photos-1:dead", {"header": "zoe", "payload": b"a photograph"})
    assert forget_person(client, samples, ModelStore(home), "zoe").dead_letters == 1
    assert not client.exists("frames:photos-1:dead")


def test_a_failed_training_that_names_the_person_is_deleted(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """In the error that is shown, or in the traceback that RQ keeps; that of somebody else stays."""
    shown, traced, other = (
        fail_a_training(client, home, detail, traceback)
        for detail, traceback in (("zoe has 1 sample", ""), ("It failed.", "samples/train/zoe/1.jpg"), ("Joe", "zoey"))
    )
    assert forget_person(client, samples, ModelStore(home), "zoe").failed_jobs == 2
    assert find_training(client, training_records(home), other).job_id == other
    for gone in (shown, traced):
        with pytest.raises(UnknownJob):
            find_training(client, training_records(home), gone)


def test_the_name_is_overwritten_in_logs(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """Byte for byte, as somebody else goes on writing; a longer word that begins like it is another word."""
    samples.rename("zoe", "Zoë K.")
    log = home / "logs" / "trainer.log.1"
    log.parent.mkdir()
    log.write_bytes("zoe\nsamples/train/zoe/1.jpg \xff Zoë K.\nzoetrope\n".encode() + b"\xff zo")
    with log.open("ab") as writer:
        assert forget_person(client, samples, ModelStore(home), "zoe").log_lines == 2
        writer.write(b"e")
    assert log.read_bytes() == "***\nsamples/train/***/1.jpg \xff *******\nzoetrope\n".encode() + b"\xff zoe"


def test_a_version_without_the_person_is_served_and_the_others_are_trained_again(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """Once, as the retired version was trained, and after all that is waiting already."""
    models = ModelStore(home)
    others, _knowing = publish_version(models, "karan"), publish_version(models, "karan", "zoe")
    teach(samples, "Karan", "Arjun")
    forgotten = forget_person(client, samples, models, "zoe")
    assert (forgotten.serving, forgotten.served_version, models.current()) == (True, others, others)
    assert [job.job_id for job in list_trainings(client, training_records(home))] == [forgotten.training_job]
    publish_version(models, "arjun", "karan")
    assert forget_person(client, samples, models, "arjun").training_job is None


def test_a_training_that_waits_already_is_not_enqueued_twice(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """It will read what is left."""
    models = ModelStore(home)
    publish_version(models, "karan", "zoe")
    teach(samples, "Karan", "Arjun")
    waiting = enqueue_training(client, training_records(home), TrainingOptions()).job_id
    assert forget_person(client, samples, models, "zoe").training_job == waiting
    assert len(list_trainings(client, training_records(home))) == 1


@pytest.mark.parametrize("left", [(), ("Karan",)])
def test_nothing_is_trained_where_too_few_are_left(
    client: redis.Redis, samples: SampleStore, home: Path, left: tuple[str, ...]
) -> None:
    """One person without strangers, or somebody with a single sample: the training would only fail."""
    models = ModelStore(home)
    publish_version(models, "karan", "zoe")
    teach(samples, *left)
    assert forget_person(client, samples, models, "zoe").training_job is None
    assert list_trainings(client, training_records(home)) == ()


def test_one_person_is_trained_where_there_are_strangers(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """Faces that were collected as such; single corrections are too few."""
    models, strangers = ModelStore(home), StrangerStore(home)
    for source, trained in ((StrangerSource.MARKED, False), (StrangerSource.GIVEN, True)):
        teach(samples, "Karan")
        samples.register("Zoe")
        publish_version(models, "karan", "zoe")
        strangers.add(source, crop(99), None)
        assert (forget_person(client, samples, models, "zoe").training_job is not None) is trained


def test_where_the_served_version_never_knew_the_person_nothing_is_trained(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """It serves on."""
    models = ModelStore(home)
    publish_version(models, "karan", "zoe")
    served = publish_version(models, "karan", "arjun")
    teach(samples, "Karan", "Arjun")
    forgotten = forget_person(client, samples, models, "zoe")
    assert (forgotten.model_versions, forgotten.served_version) == ((1,), served)
    assert forgotten.training_job is None


def test_a_forgetting_that_was_cut_short_can_be_repeated(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """The samples were gone already, the version was not."""
    models = ModelStore(home)
    version = publish_version(models, "zoe", "karan")
    samples.forget("zoe")
    assert forget_person(client, samples, models, "zoe").model_versions == (version,)
    assert models.current() is None

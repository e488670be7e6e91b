"""A forgetting whose process is killed, at every operation on a file or on Redis, is completed and leaves nothing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from rq.job import JobStatus

from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.entry import Action, own_entry
from familiar.shared.contract.errors import BeingForgotten, UnknownPerson
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.people.forget import finish_forgettings, forget_person
from familiar.shared.redis.enrolments import Targets, request_enrolment, start_enrolment
from familiar.shared.redis.training_queue import enqueue_training, list_trainings, training_queue, training_records
from familiar.shared.stores.forgettings import Forgettings, Intention
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleCounts, SampleStore
from tests.builders import crop, origin, publish_version
from tests.remains import remains

NAME, SLUG = "Zoë Krüger", "zoe-kruger"
KNOWING = (2, 3)
WORDS = (NAME.encode(), json.dumps(NAME)[1:-1].encode(), SLUG.encode())


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home that Zoë stands in everywhere, with two others."""
    home = tmp_path_factory.mktemp("template")
    samples, models = SampleStore(home), ModelStore(home)
    for person, name in enumerate(("Karan", "Arjun", NAME)):
        slug = samples.register(name).slug
        for number in range(2):
            samples.add(slug, Split.TRAIN, crop(10 * person + number), origin(number), None)
    for people in (("arjun", "karan"), ("arjun", SLUG), ("karan", SLUG)):
        publish_version(models, *people)
    (home / "models/3/put here by somebody").mkdir()
    (home / "models/3/put here by somebody" / f"{SLUG}.txt").write_text(NAME)
    models.checkpoint("job").write_text(SLUG)
    (home / "models/.partial-abandoned").mkdir()
    (home / "models/.partial-abandoned/report.html").write_text(NAME)
    (home / "people/.partial-killed").write_text(NAME)
    (home / "samples/train" / SLUG / "notes").mkdir()
    for folder in ("enrolments", "trainings", "logs"):
        (home / folder).mkdir()
    (home / "enrolments/door.json").write_text(json.dumps({"name": NAME}))
    (home / "trainings/1.json").write_text(json.dumps({"error": f"{SLUG} has 1 sample"}))
    log = AuditLog(home, pytest.fail)
    for _ in range(2):
        log.append(own_entry(Action.RENAME, person=SLUG))
        (home / "audit/audit.jsonl").rename(home / "audit/audit.1.jsonl")
    log.append(own_entry(Action.CORRECT, person=SLUG))
    (home / "logs/trainer.log").write_text(f"one\nOSError: samples/train/{SLUG}/1.jpg\nlast\n")
    return home


@pytest.fixture
def state(template: Path, client: redis.Redis, tmp_path: Path) -> Callable[[], Path]:
    """Give what makes the state before the forgetting anew, in a fresh home."""
    client.config_set("rdbcompression", "no")

    def make() -> Path:
        home = tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(template, home)
        client.flushall()
        person = SampleStore(home).person(SLUG)
        start_enrolment(client, request_enrolment("door", person, Targets(3, 0)), SampleCounts())
        for stream in ("frames:door", "frames:photos-1:dead", "faces", "predictions", "sightings", "previews:door"):
            client.xadd(stream, {"header": NAME, "payload": b"picture"})
        client.hset("kept-face:1", mapping={"header": SLUG, "payload": b"picture"})
        client.set("track:1", SLUG)
        client.set("view:door", SLUG)
        _fail_a_training(client, home)
        return home

    return make


def _fail_a_training(client: redis.Redis, home: Path) -> None:
    job_id = enqueue_training(client, training_records(home), TrainingOptions()).job_id
    training_records(home).remove(job_id)
    queue = training_queue(client)
    job = queue.fetch_job(job_id)
    assert job is not None
    job.meta["error"] = {"code": "too-few-samples", "detail": f"{SLUG} has 1 sample"}
    job.set_status(JobStatus.FAILED)
    job.save()
    queue.failed_job_registry.add(job, ttl=60)
    queue.remove(job_id)


@pytest.fixture(scope="module")
def kill(redis_url: str) -> Iterator[Callable[[int, Path], str]]:
    """Give what forgets Zoë in a process that is killed at its n-th operation, and tells how it ended."""
    command = [sys.executable, "-m", "tests.killed_forgetting"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def ask(number: int, home: Path) -> str:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(f"{number} {home} {redis_url} {SLUG}\n")
            server.stdin.flush()
            return server.stdout.readline().strip()

        yield ask
        assert server.stdin is not None
        server.stdin.close()


@pytest.mark.parametrize(("first", "completed_by"), [(1, "inference"), (2, "the same command")])
def test_wherever_it_is_killed_nothing_is_left_in_the_end(
    client: redis.Redis, state: Callable[[], Path], kill: Callable[[int, Path], str], first: int, completed_by: str
) -> None:
    """Whoever completes it, at every second operation each; the others keep theirs, and are trained again once."""
    number, ended = first - 2, ""
    while ended != "done":
        number += 2
        home = state()
        ended = kill(number, home)
        assert ended != "failed", number
        samples, models, forgettings = SampleStore(home), ModelStore(home), Forgettings(home)
        if forgettings.pending() and completed_by == "inference":
            finish_forgettings(client, samples, models)
        elif forgettings.pending() or any(person.slug == SLUG for person in samples.people()):
            receipt = forget_person(client, samples, models, SLUG)
            assert (receipt.samples, receipt.model_versions, receipt.served_version) == (2, KNOWING, 1), number
        assert remains(home, client, WORDS) == set(), number
        assert forgettings.pending() == (), number
        assert [(person.slug, person.train_samples) for person in samples.people()] == [("arjun", 2), ("karan", 2)]
        assert (models.versions(), models.current()) == ((1,), 1), number
        assert len(list_trainings(client, training_records(home))) == 1, number
    # All operations were gone through, not only the first ones.
    assert number > 50


def test_a_name_is_free_again_only_when_its_forgetting_is_complete(home: Path, client: redis.Redis) -> None:
    """Whoever is enrolled under it meanwhile would be forgotten as well."""
    samples, models = SampleStore(home), ModelStore(home)
    Forgettings(home).begin(
        Intention(person=SLUG, names=(NAME,), samples=0, model_versions=(), training=None, job_id="j")
    )
    with pytest.raises(BeingForgotten):
        samples.register(NAME)
    finish_forgettings(client, samples, models)
    assert samples.register(NAME).slug == SLUG


def test_an_interrupted_forgetting_is_found_by_the_display_name(home: Path) -> None:
    """Somebody who was renamed has another slug than the name, and no name in the store any more."""
    intention = Intention(person="zoe", names=(NAME,), samples=0, model_versions=(), training=None, job_id="j")
    Forgettings(home).begin(intention)
    for name in ("zoe", NAME, NAME.upper()):
        assert Forgettings(home).find(name) == intention
    assert Forgettings(home).find("Karan") is None


def test_the_disk_is_rid_of_somebody_also_while_redis_is_away(state: Callable[[], Path], client: redis.Redis) -> None:
    """What Redis holds is deleted when it is back."""
    home = state()
    samples, models = SampleStore(home), ModelStore(home)
    Forgettings(home).begin(
        Intention(person=SLUG, names=(NAME,), samples=2, model_versions=KNOWING, training=None, job_id="j")
    )
    away = redis.Redis(port=1)
    with pytest.raises(redis.ConnectionError):
        finish_forgettings(away, samples, models)
    assert models.versions() == (1,)
    with pytest.raises(UnknownPerson):
        samples.person(SLUG)
    finish_forgettings(client, samples, models)
    assert remains(home, client, WORDS) == set()

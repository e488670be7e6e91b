"""Every service does its own work as its own Redis user, and may do nothing else."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from benchmarks.processes import running, wait_until
from familiar.services.capture.publisher import FramePublisher
from familiar.services.extractor.detectors import Detectors
from familiar.services.extractor.extract import SampleRules
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.inference.metrics.system import redis_metrics
from familiar.services.inference.stream.departures import say_who_left
from familiar.shared.contract import redis_names
from familiar.shared.contract.enrolment import EnrolmentState
from familiar.shared.contract.messages import ModelVersion, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.people.forget import forget_person
from familiar.shared.redis.acl import ACCESS, READ_OR_WRITE
from familiar.shared.redis.cameras import live_cameras, withdraw_camera
from familiar.shared.redis.enrolments import Targets, begin_enrolment, cancel_enrolment, erase_enrolment, get_enrolment
from familiar.shared.redis.heartbeats import beat, is_alive, running_services
from familiar.shared.redis.kept_faces import find_kept_face
from familiar.shared.redis.stream import dropped_counts, newest_id, publish, read_after
from familiar.shared.redis.training_queue import (
    count_trainings,
    enqueue_training,
    find_training,
    list_trainings,
    training_hosts,
    training_records,
)
from familiar.shared.runtime.metrics import MetricsBoard, new_registry, posted_metrics
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.builders import NO_SEALS, zoe
from tests.colour_crops import BLUE
from tests.guarded_redis import GuardedRedis, guarded_redis
from tests.replicas import show, start
from tests.streams import append

As = Callable[[str], redis.Redis]

# What gives a server, its data or its other clients away. Nobody may do it.
FOR_NOBODY = (
    "MODULE LOAD /tmp/module.so",
    "CONFIG SET dir /tmp",
    "CONFIG GET dir",
    "SAVE",
    "BGSAVE",
    "BGREWRITEAOF",
    "SHUTDOWN NOSAVE",
    "DEBUG SLEEP 0",
    "EVAL return 0",
    "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0",
    "SCRIPT LOAD return",
    "REPLICAOF 192.0.2.1 6379",
    "MIGRATE 192.0.2.1 6379 faces 0 10",
    "RESTORE faces 0 x",
    "DUMP faces",
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "SWAPDB 0 1",
    "MONITOR",
    "CLIENT LIST",
    "CLIENT KILL TYPE normal",
    "ACL LIST",
    "ACL SETUSER reader on nopass ~* +@all",
    "SLOWLOG GET",
    "SORT faces",
    "PUBLISH rq:pubsub:worker stop",
    "GET somebody-elses-key",
)
# Commands and keys of other services, by user.
FOR_OTHERS = {
    redis_names.CAPTURE: (
        "XADD predictions * header x",
        "XADD faces * header x",
        "XRANGE frames:door - +",
        "HSET enrolment:door cancelled 1",
        "HGETALL kept-face:1",
        "INFO",
        "RPUSH rq:queue:training job",
    ),
    redis_names.EXTRACTOR: (
        "XADD predictions * header x",
        "XREADGROUP GROUP inference me STREAMS predictions >",
        "HGETALL kept-face:1",
        "GET view:door",
        "SET heartbeat:capture:here 1",
        "INFO",
        "RPUSH rq:queue:training job",
    ),
    redis_names.TRAINER: (
        "XADD predictions * header x",
        "XREVRANGE faces + -",
        "HGETALL enrolment:door",
        "GET view:door",
        "SET camera:door x",
        "DEL enrolment:door",
        "SUBSCRIBE secrets",
    ),
    redis_names.INFERENCE: (
        "XADD stream-of-nobody * header x",
        "SET lease:door x",
        "SADD extractors x",
        "ZADD extractors 1 x",
        "SUBSCRIBE rq:pubsub:worker",
        "BLMOVE rq:queue:training rq:queue:training LEFT RIGHT 1",
    ),
    redis_names.CLI: (
        "XADD predictions * header x",
        "XADD faces * header x",
        "SET camera:door x",
        "GET lease:door",
        "XREADGROUP GROUP inference me STREAMS faces >",
        "BLMOVE rq:queue:training rq:queue:training LEFT RIGHT 1",
    ),
    redis_names.READER: (
        "XADD predictions * header x",
        "XDEL predictions 1-1",
        "XREAD STREAMS faces 0",
        "XRANGE frames:door - +",
        "XRANGE faces:dead - +",
        "HGETALL kept-face:1",
        "GET view:door",
        "DEL predictions",
        "SCAN 0",
        "INFO",
        "WATCH predictions",
    ),
}
# Keys that a user may read, or write, but not both: a difference that Redis 6.2 does not know.
FOR_OTHERS_SINCE_7 = {
    redis_names.CAPTURE: ("HINCRBY enrolment:door train_samples 1", "DEL enrolment:door"),
    redis_names.EXTRACTOR: ("XRANGE faces - +", "SET watched:door 1", "DEL cameras"),
    redis_names.TRAINER: ("XREVRANGE model-versions + -",),
    redis_names.INFERENCE: (
        "XRANGE frames:door - +",
        "XADD model-versions * header x",
        "SET camera:door x",
        "DEL dropped",
        "SET heartbeat:capture:here 1",
    ),
    redis_names.CLI: ("DEL dropped", "DEL extractors"),
}
FORBIDDEN = [
    *((user, command) for user in ACCESS for command in FOR_NOBODY),
    *((user, command) for user, commands in FOR_OTHERS.items() for command in commands),
]
FORBIDDEN_SINCE_7 = [(user, command) for user, commands in FOR_OTHERS_SINCE_7.items() for command in commands]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedRedis]:
    """Give a server with the users and rights of a real one."""
    with guarded_redis(tmp_path_factory.mktemp("guarded")) as running_server:
        yield running_server


@pytest.fixture
def as_user(guarded: GuardedRedis) -> Iterator[As]:
    """Give what connects as a user to the empty server; at the end, nobody was refused anything."""
    guarded.watcher.flushall()
    guarded.refused()
    clients = {user: guarded.client_of(user) for user in ACCESS}
    yield clients.__getitem__
    for client in clients.values():
        client.close()
    assert guarded.refused() == []


@pytest.fixture
def samples(home: Path) -> SampleStore:
    """Give an empty store."""
    return SampleStore(home)


def capture(client: redis.Redis, frames: int = 1) -> FramePublisher:
    """Publish frames of the door, on which Zoe is drawn, and everything else that capture does."""
    publisher = FramePublisher(client, "door", "0", threading.Event())
    for number in range(frames):
        publisher.publish(zoe(number))
    beat(client, "capture")
    MetricsBoard(client, "capture", new_registry()).post()
    assert is_alive(client, "capture")
    return publisher


def extract(client: redis.Redis, samples: SampleStore, name: str = "one") -> FrameWorker:
    """Work through the frames that are there."""
    beat(client, "extractor")
    MetricsBoard(client, "extractor", new_registry()).post()
    worker = FrameWorker(client, name, samples, SampleRules(40, 150), Detectors(None))
    worker.step()
    assert is_alive(client, "extractor")
    return worker


def test_capture_publishes_drops_and_withdraws(as_user: As) -> None:
    """More frames than are kept, so that the oldest are dropped, and the end of a camera."""
    client = as_user(redis_names.CAPTURE)
    capture(client, frames=20).end("it is over")
    assert dropped_counts(as_user(redis_names.INFERENCE))["frames:door"] == 4
    withdraw_camera(client, "door")
    assert live_cameras(as_user(redis_names.CLI)) == ()


def test_an_extractor_fulfils_an_enrolment_and_publishes_faces_and_previews(as_user: As, samples: SampleStore) -> None:
    """Labelled frames from capture, leases given back at the end, and another extractor that takes over."""
    cli, client = as_user(redis_names.CLI), as_user(redis_names.EXTRACTOR)
    capture(as_user(redis_names.CAPTURE))
    begin_enrolment(cli, samples, "door", "Zoe", Targets(2, 0))
    as_user(redis_names.INFERENCE).set(redis_names.watched("door"), 1)
    capture(as_user(redis_names.CAPTURE), frames=4)
    first = extract(client, samples)
    assert get_enrolment(cli, "door").state is EnrolmentState.COMPLETE
    assert as_user(redis_names.INFERENCE).xlen(redis_names.FACES) > 0
    assert as_user(redis_names.INFERENCE).exists(redis_names.previews("door"))
    first.stop()
    capture(as_user(redis_names.CAPTURE), frames=2)
    extract(client, samples, "two").stop()
    erase_enrolment(cli, samples, "door")


def test_an_extractor_moves_what_it_cannot_read_to_the_dead_letters(
    as_user: As, samples: SampleStore, guarded: GuardedRedis
) -> None:
    """A frame without a header, and one whose picture is none."""
    capture(as_user(redis_names.CAPTURE))
    append(as_user(redis_names.CAPTURE), redis_names.frames("door"), {"header": "{}"})
    extract(as_user(redis_names.EXTRACTOR), samples)
    assert guarded.watcher.xlen(redis_names.dead(redis_names.frames("door"))) == 1


def test_inference_names_faces_and_says_who_comes_and_leaves(as_user: As, colours: ModelStore) -> None:
    """And shows what all services say of themselves."""
    client, cli = as_user(redis_names.INFERENCE), as_user(redis_names.CLI)
    before = newest_id(cli, redis_names.PREDICTIONS)
    replica = start(client, "one", colours)
    for number in range(3):
        show(as_user(redis_names.EXTRACTOR), BLUE, number)
    append(as_user(redis_names.EXTRACTOR), redis_names.FACES, {"header": "{}"})
    replica.step()
    say_who_left(client, datetime.now(UTC))
    capture(as_user(redis_names.CAPTURE))
    assert [family.name for family in redis_metrics(client)]
    assert {service for service, _ in posted_metrics(client)} == {"capture"}
    assert running_services(client) == {"capture"}
    assert len(live_cameras(client)) == 1
    for reader in (cli, as_user(redis_names.READER)):
        predicted = read_after(reader, redis_names.PREDICTIONS, before)
        assert len(predicted) == 3
        assert len(read_after(reader, redis_names.SIGHTINGS, b"0")) == 2
    find_kept_face(cli, NO_SEALS, "t-0", None)


def test_the_trainer_works_on_jobs_as_rq_does(as_user: As, home: Path, guarded: GuardedRedis, tmp_path: Path) -> None:
    """A real worker with its work horse, heartbeats and channel; nobody has samples, so the job fails by name."""
    environment = {"FAMILIAR_HOME": str(home), "REDIS_URL": guarded.address_of(redis_names.TRAINER)}
    cli, inference, records = as_user(redis_names.CLI), as_user(redis_names.INFERENCE), training_records(home)
    ended = enqueue_training(inference, records, TrainingOptions()).job_id
    log = tmp_path / "trainer.log"
    with running([sys.executable, "-m", "familiar.services.trainer"], log, {**os.environ, **environment}) as process:
        wait_until(lambda: count_trainings(cli)[JobState.FAILED] == 1, process, log)
        assert training_hosts(cli) == training_hosts(inference) == training_hosts(as_user(redis_names.TRAINER)) != set()
    waiting = enqueue_training(cli, records, TrainingOptions()).job_id
    for client in (cli, inference):
        assert [job.job_id for job in list_trainings(client, records)] == [waiting, ended]
        error = find_training(client, records, ended).error
        assert error is not None
        assert error.code == "too-few-people", log.read_text()


def test_a_new_version_is_announced_to_readers(as_user: As) -> None:
    """By the trainer alone."""
    message = ModelVersion(model_version=1, published_at=datetime.now(UTC))
    publish(as_user(redis_names.TRAINER), redis_names.MODEL_VERSIONS, message, most=1000)
    for user in (redis_names.READER, redis_names.INFERENCE):
        assert len(read_after(as_user(user), redis_names.MODEL_VERSIONS, b"0")) == 1


@pytest.mark.parametrize("user", [redis_names.CLI, redis_names.INFERENCE])
def test_a_person_is_forgotten_by_command_and_over_http(
    as_user: As, samples: SampleStore, home: Path, user: str
) -> None:
    """With everything in Redis that may show them."""
    capture(as_user(redis_names.CAPTURE))
    begin_enrolment(as_user(user), samples, "door", "Zoe", Targets(2, 0))
    cancel_enrolment(as_user(user), samples, "door")
    as_user(redis_names.INFERENCE).set(redis_names.watched("door"), 1)
    extract(as_user(redis_names.EXTRACTOR), samples)
    as_user(redis_names.INFERENCE).hset(redis_names.kept_face(1), "payload", "x")
    forget_person(as_user(user), samples, ModelStore(home), "zoe")
    assert as_user(redis_names.INFERENCE).xlen(redis_names.FACES) == 0


def require_refused(guarded: GuardedRedis, user: str, command: str) -> None:
    """Run a command and see it refused, for want of a right, or because the server lets nobody run it."""
    name, *words = command.split()
    if name == "EVAL":
        words.append("0")
    with (
        guarded.client_of(user) as client,
        pytest.raises(redis.ResponseError, match=r"(?i)no permissions|command not allowed"),
    ):
        client.execute_command(name, *words)


@pytest.mark.parametrize(("user", "command"), FORBIDDEN)
def test_what_a_user_may_not_do_is_refused(guarded: GuardedRedis, user: str, command: str) -> None:
    """By rights, before Redis looks at the arguments."""
    require_refused(guarded, user, command)


@pytest.mark.parametrize(("user", "command"), FORBIDDEN_SINCE_7)
def test_reading_and_writing_are_rights_of_their_own(guarded: GuardedRedis, user: str, command: str) -> None:
    """Where the server knows the difference."""
    if guarded.server.version < READ_OR_WRITE:
        pytest.skip("Redis 6.2 has one right for reading and writing a key")
    require_refused(guarded, user, command)


@pytest.mark.parametrize("command", ["PING", "INFO", "XADD predictions * header x", "CONFIG GET dir", "ACL WHOAMI"])
def test_nobody_does_anything_without_a_password(guarded: GuardedRedis, command: str) -> None:
    """The default user is off."""
    with _without_retries(guarded) as client, pytest.raises(redis.AuthenticationError):
        client.execute_command(*command.split())


@pytest.mark.parametrize("password", ["", "wrong"])
@pytest.mark.parametrize("user", ["default", *ACCESS])
def test_a_wrong_password_is_refused(guarded: GuardedRedis, user: str, password: str) -> None:
    """Every user's."""
    with _without_retries(guarded) as client, pytest.raises(redis.AuthenticationError):
        client.execute_command("AUTH", user, password)


def _without_retries(guarded: GuardedRedis) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(guarded.socket), retry=Retry(NoBackoff(), 0))

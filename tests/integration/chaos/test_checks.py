"""The checks of a run see what they are there for."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from familiar.shared.contract.errors import DiskFull
from familiar.shared.contract.messages import Split
from familiar.shared.contract.training import JobError, JobState, TrainingRecord, waiting_job
from familiar.shared.redis.training_queue import training_records
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.builders import crop, origin, publish_version
from tests.chaos.check_processes import (
    dead_letters_explain_themselves,
    no_orphan_is_left,
    no_process_ends_by_itself,
    queues_are_bounded,
)
from tests.chaos.check_stores import (
    enrolments_have_their_targets,
    no_sample_is_there_twice,
    trainings_end,
    versions_are_whole,
)
from tests.chaos.evidence import Evidence
from tests.chaos.site import Site
from tests.chaos.surroundings import Surroundings
from tests.chaos.workload import TEST, TRAIN, Accepted, Workload

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
NAMED = JobError(code=DiskFull.code, detail="")


@pytest.fixture
def evidence(home: Path, client: redis.Redis) -> Evidence:
    """Give the evidence of a run in which one enrolment was accepted, and is complete."""
    workload = Workload(Site("http://127.0.0.1:1", ""), SampleStore(home), ModelStore(home), 1)
    workload.accepted.append(Accepted("zoe", "e1"))
    evidence = Evidence(home, client, workload, (), (), settled_at=0.0)
    evidence.samples.register("Zoe")
    for number in range(TRAIN + TEST):
        add(evidence, number)
    (home / "logs").mkdir()
    (home / "logs" / "supervisord.log").touch()
    return evidence


def add(evidence: Evidence, number: int, session: str = "e1", frame: str | None = None) -> None:
    """Store a sample of Zoe's."""
    taken = origin(number).model_copy(update={"enrolment_id": session, "frame_id": frame or f"zoe-1-{number}"})
    split = Split.TRAIN if number < TRAIN else Split.TEST
    evidence.samples.add("zoe", split, crop(number), taken, None)


def record(evidence: Evidence, state: JobState, error: JobError | None = None) -> None:
    """Record a training."""
    job = waiting_job("j1", NOW).model_copy(update={"state": state, "error": error})
    training_records(evidence.home).write("j1", TrainingRecord(job=job, options={}, created_at=NOW, ended_at=NOW))


def test_what_is_as_it_should_be_is_not_complained_of(evidence: Evidence) -> None:
    """By no check."""
    record(evidence, JobState.FAILED, NAMED)
    for check in (
        enrolments_have_their_targets,
        no_sample_is_there_twice,
        trainings_end,
        queues_are_bounded,
        dead_letters_explain_themselves,
        no_process_ends_by_itself,
    ):
        assert list(check(evidence)) == []


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda evidence: add(evidence, 70), "and not 40 and 20"),
        (lambda evidence: add(evidence, 70, "e2"), "that nobody asked for"),
        (lambda evidence: evidence.samples.delete("zoe", min(evidence.samples.sample_ids("zoe"))), "and not 40 and 20"),
    ],
    ids=["one too many", "of another session", "one too few"],
)
def test_an_enrolment_without_its_targets_is_seen(
    evidence: Evidence, harm: Callable[[Evidence], None], says: str
) -> None:
    """It says whose."""
    harm(evidence)
    (said,) = enrolments_have_their_targets(evidence)
    assert said.startswith("zoe")
    assert says in said


def test_a_frame_that_gave_two_samples_is_seen(evidence: Evidence) -> None:
    """Although their files differ."""
    add(evidence, 70, frame="zoe-1-0")
    assert list(no_sample_is_there_twice(evidence)) == ["frame zoe-1-0 gave 2 samples"]


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (JobState.FAILED, JobError(code="failed", detail="")),
        (JobState.STARTED, None),
        (JobState.QUEUED, None),
        (JobState.FINISHED, None),
    ],
)
def test_a_training_without_an_end_is_seen(evidence: Evidence, state: JobState, error: JobError | None) -> None:
    """A failure without a name, none at all, and an end without a version."""
    record(evidence, state, error)
    (said,) = trainings_end(evidence)
    assert said.startswith("training j1")


def test_a_damaged_version_and_what_was_left_behind_are_seen(evidence: Evidence) -> None:
    """Nothing is served by nobody, which is said as well."""
    version = publish_version(evidence.models, "zoe")
    (evidence.home / "models" / str(version) / "model.tflite").write_bytes(b"")
    (evidence.home / "models" / "j1.checkpoint").touch()
    said = "\n".join(versions_are_whole(evidence))
    assert "does not have the SHA-256" in said
    assert "j1.checkpoint was left behind" in said


def test_a_queue_that_grows_and_a_key_that_stays_are_seen(evidence: Evidence) -> None:
    """Each by its name."""
    for _ in range(17):
        evidence.client.xadd("frames:zoe", {"header": "{}"})
    evidence.client.set("track:t", "")
    assert list(queues_are_bounded(evidence)) == [
        "frames:zoe has 17 entries, and may have 16",
        "track:t never expires",
    ]


def test_a_dead_letter_that_explains_nothing_is_seen(evidence: Evidence) -> None:
    """Any reason but that its consumers died is a fault of Familiar, as nobody sends it anything odd."""
    for reason in ("It was delivered 5 times and never completed.", "KeyError: 'x'", ""):
        evidence.client.xadd("faces:dead", {"header": "{}", "payload": "", "reason": reason})
    assert list(dead_letters_explain_themselves(evidence)) == ["faces:dead: KeyError: 'x'", "faces:dead: no reason"]


def test_a_process_that_ends_by_itself_is_seen(evidence: Evidence) -> None:
    """With its status; also one that was killed, and not by us."""
    (evidence.home / "logs" / "supervisord.log").write_text(
        "INFO exited: trainer (exit status 1; not expected)\nINFO exited: capture (terminated by SIGKILL; not expected)"
    )
    assert list(no_process_ends_by_itself(evidence)) == [
        "trainer ended by itself 1 times, with 1",
        "capture was killed 0 times, and ended 1 times",
    ]


def test_a_process_that_is_left_is_seen(home: Path) -> None:
    """By the home that it works for."""
    environment = {**os.environ, "FAMILIAR_HOME": str(home)}
    around = Surroundings(home, None, None, None, None)
    with subprocess.Popen([sys.executable, "-c", "input()"], env=environment, stdin=subprocess.PIPE) as process:
        (said,) = no_orphan_is_left(around)
        process.kill()
    assert f"process {process.pid} is still there" in said
    assert list(no_orphan_is_left(around)) == []

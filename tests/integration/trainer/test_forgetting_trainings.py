"""Trainings and forgetting: a failed one leaves no name behind, and a running one ends by name."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import redis

from familiar.services.trainer.job import _naming_a_forgetting, _Reporter
from familiar.shared.contract.errors import PersonForgotten
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.people.forget import forget_person
from familiar.shared.redis.training_queue import enqueue_training, find_training, training_records
from familiar.shared.stores.forgettings import Forgettings, Intention
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.builders import crop, origin
from tests.remains import remains

if TYPE_CHECKING:
    from familiar.services.trainer.running_job import RunningJob

DEADLINE_SECONDS = 240.0
NAME, SLUG = "Zoë Krüger", "zoe-kruger"
# What asks whether somebody was forgotten reports nothing.
NO_JOB = cast("RunningJob", None)


def test_a_training_that_fails_over_somebody_leaves_no_name_when_they_are_forgotten(
    home: Path, client: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    """Its error names them to whoever asks, but neither the log nor RQ's traceback does; then it goes with them."""
    samples = SampleStore(home)
    for name, count in (("Karan", 2), (NAME, 1)):
        slug = samples.register(name).slug
        for number in range(count):
            samples.add(slug, Split.TRAIN, crop(number * 9 + len(name)), origin(number), None)
    log = tmp_path / "trainer.log"
    environment = {**os.environ, "FAMILIAR_HOME": str(home), "REDIS_URL": redis_url, "FAMILIAR_WEIGHTS": "random"}
    with log.open("wb") as output:
        trainer = subprocess.Popen(
            [sys.executable, "-m", "familiar.services.trainer"], env=environment, stdout=output, stderr=output
        )
    try:
        job_id = enqueue_training(client, training_records(home), TrainingOptions()).job_id
        until = time.monotonic() + DEADLINE_SECONDS
        while find_training(client, training_records(home), job_id).state is not JobState.FAILED:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        error = find_training(client, training_records(home), job_id).error
        assert error is not None
        assert (error.code, SLUG in error.detail) == ("too-few-samples", True)
        assert "too-few-samples" in log.read_text()
        assert SLUG not in log.read_text()
        assert {place for place in remains(home, client, [SLUG.encode()]) if place.startswith("rq:")} == {
            f"rq:job:{job_id}"
        }
        assert forget_person(client, samples, ModelStore(home), SLUG).failed_jobs == 1
        assert remains(home, client, [SLUG.encode(), NAME.encode()]) == set()
    finally:
        trainer.terminate()
        trainer.wait(DEADLINE_SECONDS)


def test_whatever_fails_while_somebody_is_forgotten_fails_because_of_that(home: Path) -> None:
    """A file that is gone has their name in its path; before, it is a fault like any other."""
    forgettings = Forgettings(home)
    report = _Reporter(NO_JOB, 1, forgettings)
    report.begin()
    with pytest.raises(FileNotFoundError), _naming_a_forgetting(report):
        raise FileNotFoundError("samples/train/zoe/1.jpg")
    forgettings.advance()
    with pytest.raises(PersonForgotten), _naming_a_forgetting(report):
        raise FileNotFoundError("samples/train/zoe/1.jpg")


def test_a_training_that_began_before_a_forgetting_publishes_nothing_even_if_the_name_is_enrolled_again(
    home: Path,
) -> None:
    """Its samples are those of whoever was forgotten."""
    forgettings = Forgettings(home)
    report = _Reporter(NO_JOB, 1, forgettings)
    report.begin()
    forgettings.advance()
    with pytest.raises(PersonForgotten):
        report.require_nobody_forgotten()
    report.begin()
    report.require_nobody_forgotten()


def test_the_training_of_the_others_may_begin_before_the_forgetting_has_returned(home: Path) -> None:
    """All is deleted when it is enqueued; the intention's end is no forgetting."""
    forgettings = Forgettings(home)
    forgettings.begin(Intention(person="zoe", names=(), samples=0, model_versions=(), training=None, job_id="j"))
    report = _Reporter(NO_JOB, 1, forgettings)
    report.begin()
    forgettings.end("zoe")
    report.require_nobody_forgotten()
    forgettings.begin(Intention(person="joe", names=(), samples=0, model_versions=(), training=None, job_id="k"))
    with pytest.raises(PersonForgotten):
        report.require_nobody_forgotten()

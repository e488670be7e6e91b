"""Logs outlive whoever is forgotten: a trainer that fails because of somebody does not name them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import redis

from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.training_queue import enqueue_training, find_training, training_queue, training_records
from familiar.shared.stores.samples import SampleStore
from tests.builders import crop, origin

# Each job of a trainer imports TensorFlow.
DEADLINE_SECONDS = 240.0
NAME = "Xanthippe Quux"
SLUG = "xanthippe-quux"


def test_trainings_that_fail_because_of_somebody_log_neither_name_nor_slug(
    client: redis.Redis, redis_url: str, home: Path
) -> None:
    """Named errors, bugs, options and names of functions that nobody knows: the log has the jobs and the reasons."""
    store = SampleStore(home)
    for name in (NAME, "Karan"):
        person = store.register(name).slug
        for number in range(2):
            store.add(person, Split.TRAIN, crop(len(name) + number), origin(1), most=None)
    for sample in (home / "samples" / "train" / SLUG).iterdir():
        sample.write_bytes(b"no picture")
    queue, records = training_queue(client), training_records(home)
    jobs = [
        enqueue_training(client, records, TrainingOptions()).job_id,
        queue.enqueue("familiar.services.trainer.job.train", kwargs={SLUG: NAME}).id,
        queue.enqueue(f"people.{SLUG}", args=(NAME,)).id,
    ]
    environment = {**os.environ, "FAMILIAR_HOME": str(home), "REDIS_URL": redis_url}
    command = [sys.executable, "-m", "familiar.services.trainer"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True) as run:
        try:
            until = time.monotonic() + DEADLINE_SECONDS
            while any(find_training(client, records, job).state is not JobState.FAILED for job in jobs):
                assert time.monotonic() < until
                time.sleep(0.1)
        finally:
            run.terminate()
            said, _ = run.communicate(timeout=DEADLINE_SECONDS)
    error = find_training(client, records, jobs[0]).error
    assert error is not None
    assert SLUG in error.detail
    assert said.count(error.code) == 1
    assert all(job in said for job in jobs)
    for word in (NAME, SLUG, NAME.split(maxsplit=1)[0], SLUG.split("-", maxsplit=1)[0]):
        assert word.casefold() not in said.casefold(), said

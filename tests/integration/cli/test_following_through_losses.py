"""Commands that follow an enrolment or a training go on when Redis restarts, with its data or without."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import redis

from benchmarks.processes import own_redis
from familiar.cli.enrolment_progress import follow_enrolments
from familiar.cli.train import follow_training
from familiar.shared.contract.enrolment import EnrolmentState
from familiar.shared.contract.messages import Split, TrainingOptions
from familiar.shared.contract.training import JobState
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.training_queue import TrainingRecords, enqueue_training
from familiar.shared.stores.samples import SampleStore
from tests.builders import crop, enrol_zoe, origin
from tests.serving import DEADLINE_SECONDS

FollowedT = TypeVar("FollowedT")


@contextmanager
def beside(follow: Callable[[], FollowedT]) -> Iterator[Future[FollowedT]]:
    """Follow something in another thread, which has begun to look when the block begins."""
    begun = threading.Event()

    def run() -> FollowedT:
        begun.set()
        return follow()

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(run)
        assert begun.wait(DEADLINE_SECONDS)
        yield following


@contextmanager
def redis_in(folder: Path) -> Iterator[redis.Redis]:
    """Run a Redis that has nothing for as long as the block lasts, each time at the same address."""
    with own_redis(folder) as url, open_redis(url) as client:
        yield client


def test_a_training_is_followed_to_its_end_through_a_restart_without_data(
    tmp_path: Path, records: TrainingRecords
) -> None:
    """It ended while Redis was away; its record tells how."""
    with redis_in(tmp_path / "redis") as client:
        job = enqueue_training(client, records, TrainingOptions())
    with beside(lambda: follow_training(client, records, job.job_id)) as following:
        record = records.find(job.job_id)
        assert record is not None
        finished = job.model_copy(update={"state": JobState.FINISHED, "model_version": 3})
        records.write(job.job_id, record.model_copy(update={"job": finished, "ended_at": datetime.now(UTC)}))
        with redis_in(tmp_path / "redis"):
            assert following.result(DEADLINE_SECONDS) == 3


def test_an_enrolment_is_followed_to_its_end_through_a_restart_without_data(tmp_path: Path, store: SampleStore) -> None:
    """It comes back with what the store has; the last sample came while Redis was away."""
    with redis_in(tmp_path / "redis") as client:
        begun = enrol_zoe(client, store, train=1, test=0)
    with beside(lambda: follow_enrolments(client, store, ["door"])) as following:
        taken = origin(1).model_copy(update={"enrolment_id": begun.request.enrolment_id})
        store.add("zoe", Split.TRAIN, crop(1), taken, None)
        with redis_in(tmp_path / "redis"):
            (ended,) = following.result(DEADLINE_SECONDS)
    assert ended.state is EnrolmentState.COMPLETE

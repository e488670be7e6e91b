"""Which services run, as the page is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from familiar.cli.stack.local_stack import free_port
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.heartbeats import beat
from familiar.shared.redis.training_queue import WORKER_SECONDS
from tests.app_client import Site


def running(site: Site) -> set[str]:
    """Ask who runs."""
    answer = site.ask("GET", "/v1/services").json()
    assert answer["redis"] is None
    return {status["service"] for status in answer["services"] if status["running"]}


@pytest.fixture
def worker(client: redis.Redis) -> Worker:
    """Register a worker for training jobs that does nothing."""
    registered = Worker([Queue("training", connection=client, serializer=JSONSerializer)], connection=client)
    registered.register_birth()
    return registered


def test_where_nothing_runs_each_service_is_named(site: Site) -> None:
    """And there is no model; the port for pictures is told all the same."""
    answer = site.ask("GET", "/v1/services").json()
    assert [(status["service"], status["running"]) for status in answer["services"]] == [
        ("capture", False),
        ("extractor", False),
        ("trainer", False),
    ]
    assert (answer["camera_port"], answer["model_version"]) == (8001, None)


@pytest.mark.parametrize("service", ["capture", "extractor"])
def test_a_service_that_has_shown_life_runs(site: Site, client: redis.Redis, service: str) -> None:
    """Its key has a time to live."""
    beat(client, service)
    assert running(site) == {service}


def test_a_trainer_runs_while_it_shows_life(site: Site, client: redis.Redis, worker: Worker) -> None:
    """One that was killed stays registered for a while, and is not taken for one that runs."""
    assert running(site) == {"trainer"}
    silent_since = datetime.now(UTC) - timedelta(seconds=WORKER_SECONDS + 1)
    client.hset(worker.key, "last_heartbeat", silent_since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    assert running(site) == set()


def test_without_redis_the_answer_says_so(open_site: Callable[[redis.Redis], Site]) -> None:
    """Who asks why nothing works is answered."""
    answer = open_site(open_redis(f"redis://127.0.0.1:{free_port()}")).ask("GET", "/v1/services")
    assert answer.status_code == 200
    assert answer.json()["redis"] == "Redis does not answer"
    assert answer.json()["services"] == []

"""Connections of commands: Redis and the stores."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import redis

from familiar.cli.settings import CliSettings
from familiar.shared.redis.connection import open_redis, require_redis
from familiar.shared.redis.training_queue import TrainingRecords, training_records
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.encryption_key import seals_for
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Connections:
    """Redis and the stores of the settings."""

    settings: CliSettings
    client: redis.Redis
    samples: SampleStore
    strangers: StrangerStore
    models: ModelStore
    trainings: TrainingRecords


def connect() -> Connections:
    """Connect to Redis and open the stores.

    Raises:
        RedisUnavailable: Redis does not answer.
        KeyUnusable: see `seals_for`.
    """
    settings = load_settings(CliSettings)
    client = open_redis(settings.redis_url)
    require_redis(client)
    seals = seals_for(settings.home, settings)
    return Connections(
        settings,
        client,
        SampleStore(settings.home, settings.quotas, seals),
        StrangerStore(settings.home, settings.quotas, seals),
        ModelStore(settings.home),
        training_records(settings.home),
    )


def through_outages(ask: Callable[[], AnswerT]) -> AnswerT:
    """Ask Redis, and again for up to `PATIENCE_SECONDS` while it is away; `ask` must be harmless to repeat.

    Raises:
        redis.ConnectionError, redis.TimeoutError: it did not come back.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except (redis.ConnectionError, redis.TimeoutError):
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_SECONDS)

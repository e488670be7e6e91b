"""Connections of commands: Redis and the stores."""

from dataclasses import dataclass

import redis

from familiar.cli.settings import CliSettings
from familiar.shared.redis.connection import open_redis, require_redis
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore


@dataclass(frozen=True)
class Connections:
    """Redis and the stores of the settings."""

    settings: CliSettings
    client: redis.Redis
    samples: SampleStore
    strangers: StrangerStore
    models: ModelStore


def connect() -> Connections:
    """Connect to Redis and open the stores.

    Raises:
        RedisUnavailable: Redis does not answer.
    """
    settings = load_settings(CliSettings)
    client = open_redis(settings.redis_url)
    require_redis(client)
    return Connections(
        settings, client, SampleStore(settings.home), StrangerStore(settings.home), ModelStore(settings.home)
    )

"""A sign of life for services without HTTP: a key that their loop keeps alive, and the check that reads it.

    python -m familiar.shared.redis.liveness extractor

ends with 0 if that service on this host has shown life within `HEARTBEAT_SECONDS`, and with 1 if not.
"""

import socket
import sys

import redis

from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import open_redis
from familiar.shared.runtime.settings import Settings

HEARTBEAT_SECONDS = 15


def beat(client: redis.Redis, service: str) -> None:
    """Show that the loop of `service` on this host goes round."""
    client.set(redis_names.heartbeat(service, socket.gethostname()), 1, ex=HEARTBEAT_SECONDS)


def is_alive(client: redis.Redis, service: str) -> bool:
    """Tell whether `service` on this host has shown life lately."""
    return bool(client.exists(redis_names.heartbeat(service, socket.gethostname())))


def running_services(client: redis.Redis) -> frozenset[str]:
    """Name the services that have shown life lately, on any host."""
    keys = client.scan_iter(match=redis_names.heartbeat("*", "*"), count=1000)
    return frozenset(key.decode().split(":")[1] for key in keys)


if __name__ == "__main__":
    sys.exit(0 if is_alive(open_redis(Settings().redis_url), sys.argv[1]) else 1)

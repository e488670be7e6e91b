"""Heartbeats of services without HTTP: a key with a TTL that their loop renews, and the health check that reads it.

    python -m familiar.shared.redis.heartbeats extractor

exits with 0 if that service on this host sent a heartbeat within `HEARTBEAT_SECONDS`, and with 1 otherwise.
"""

import socket
import sys

import redis

from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import open_redis
from familiar.shared.runtime.settings import Settings

HEARTBEAT_SECONDS = 15


def beat(client: redis.Redis, service: str) -> None:
    """Send a heartbeat for `service` on this host."""
    client.set(redis_names.heartbeat(service, socket.gethostname()), 1, ex=HEARTBEAT_SECONDS)


def is_alive(client: redis.Redis, service: str) -> bool:
    """Return whether `service` on this host has a current heartbeat."""
    return bool(client.exists(redis_names.heartbeat(service, socket.gethostname())))


def running_services(client: redis.Redis) -> frozenset[str]:
    """Return the names of the services with a current heartbeat on any host."""
    keys = client.scan_iter(match=redis_names.heartbeat("*", "*"), count=1000)
    return frozenset(key.decode(errors="replace").split(":")[1] for key in keys)


if __name__ == "__main__":
    sys.exit(0 if is_alive(open_redis(Settings().redis_url), sys.argv[1]) else 1)

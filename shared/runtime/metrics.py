"""Prometheus metrics: what all services share, and the keys in Redis from which inference exposes those of all."""

import os
import socket
import time
from datetime import UTC, datetime
from typing import Any, Final

import redis
from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest

from familiar.shared.contract import redis_names

# Upper bounds of histogram buckets, in seconds.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

POST_EVERY_SECONDS = 2.0
# As long as a heartbeat, so that dead processes disappear.
_POSTED_SECONDS = 15
_KEYS_AT_ONCE = 1000


def new_registry() -> CollectorRegistry:
    """Create a service's registry, without `_created` series."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has not typed it
    return CollectorRegistry()


def this_instance() -> str:
    """Return the name of this process among those of its service."""
    return f"{socket.gethostname()}-{os.getpid()}"


def seconds_since(moment: datetime) -> float:
    """Return the seconds since a moment, at least 0 in spite of clock skew."""
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())


class MetricsBoard:
    """A publisher of this process's metrics to Redis."""

    def __init__(self, client: redis.Redis, service: str, registry: CollectorRegistry) -> None:
        self._client = client
        self._key = redis_names.metrics(service, this_instance())
        self._registry = registry
        self._posted_at = 0.0

    def post(self) -> None:
        """Publish the current metrics, at most once in `POST_EVERY_SECONDS`."""
        if time.monotonic() - self._posted_at < POST_EVERY_SECONDS:
            return
        self._client.set(self._key, generate_latest(self._registry), ex=_POSTED_SECONDS)
        self._posted_at = time.monotonic()


def posted_metrics(client: redis.Redis) -> dict[tuple[str, str], str]:
    """Return the metrics of all processes in Prometheus' text format, by service and instance."""
    keys = sorted(client.scan_iter(match=redis_names.metrics("*", "*"), count=_KEYS_AT_ONCE))
    texts: Any = client.mget(keys) if keys else []
    posted = {}
    for key, text in zip(keys, texts, strict=True):
        if text is not None:
            _, service, instance = key.decode(errors="replace").split(":", 2)
            posted[service, instance] = text.decode(errors="replace")
    return posted

"""What the metrics of all services have in common, and where each process puts its own for one address to show."""

import os
import socket
import time
from datetime import UTC, datetime
from typing import Any, Final

import redis
from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest

from familiar.shared.contract import redis_names

# Upper bounds of histograms, in seconds: from a millisecond to what nobody waits for.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

POST_EVERY_SECONDS = 2.0
# As long as a heartbeat: a process that is gone is shown no longer.
_POSTED_SECONDS = 15
_KEYS_AT_ONCE = 1000


def new_registry() -> CollectorRegistry:
    """Make the registry of a service, without the times at which each counter began."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has not typed it
    return CollectorRegistry()


def this_instance() -> str:
    """Name this process among those of its service."""
    return f"{socket.gethostname()}-{os.getpid()}"


def seconds_since(moment: datetime) -> float:
    """Tell how long ago something was; 0 where another clock says that it is yet to come."""
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())


class MetricsBoard:
    """Where a process posts its own metrics."""

    def __init__(self, client: redis.Redis, service: str, registry: CollectorRegistry) -> None:
        """Post nothing yet."""
        self._client = client
        self._key = redis_names.metrics(service, this_instance())
        self._registry = registry
        self._posted_at = 0.0

    def post(self) -> None:
        """Post what the registry has now, if that was not done within `POST_EVERY_SECONDS`."""
        if time.monotonic() - self._posted_at < POST_EVERY_SECONDS:
            return
        self._client.set(self._key, generate_latest(self._registry), ex=_POSTED_SECONDS)
        self._posted_at = time.monotonic()


def posted_metrics(client: redis.Redis) -> dict[tuple[str, str], str]:
    """Read what every process has posted, by service and instance, in Prometheus' text format."""
    keys = sorted(client.scan_iter(match=redis_names.metrics("*", "*"), count=_KEYS_AT_ONCE))
    texts: Any = client.mget(keys) if keys else []
    posted = {}
    for key, text in zip(keys, texts, strict=True):
        if text is not None:
            _, service, instance = key.decode().split(":", 2)
            posted[service, instance] = text.decode()
    return posted

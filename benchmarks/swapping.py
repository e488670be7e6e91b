"""Swapping versions under load: good ones, damaged ones, and a publisher that is killed."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.http_connection import Connection, get_request
from benchmarks.progress import tell
from benchmarks.publishing import DAMAGES, Publisher, kill_while_publishing
from benchmarks.reload_figures import Interval, Swap
from benchmarks.servers import Bench, Site
from shared.connection import open_redis
from shared.errors import ServiceFailed

DAMAGED_EVERY = 10

_SERVED_WITHIN_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.02
# A share of the time between two swaps.
_ASKED_AFTER = 0.7


@dataclass(frozen=True)
class Swaps:
    """What was published, in order, good versions and damaged ones, and when a publisher was killed."""

    good: Sequence[Swap]
    damaged: Sequence[Swap]
    killing: Interval


def swap_versions(bench: Bench, site: Site, count: int, seconds_apart: float) -> Swaps:
    """Publish so many versions, every `DAMAGED_EVERY`th of them damaged, and kill one publisher half-way.

    Raises:
        ServiceFailed: a good version is not served in time.
    """
    good: list[Swap] = []
    damaged: list[Swap] = []
    original, killing = int(bench.version.name), Interval(0.0, 0.0)
    with open_redis(bench.redis_url) as client:
        publisher = Publisher(bench.home, client, original)
        for number in range(1, count + 1):
            began = time.monotonic()
            if number % DAMAGED_EVERY:
                version = publisher.publish()
                good.append(Swap(version, began, time.monotonic()))
            else:
                version = publisher.publish_damaged(DAMAGES[len(damaged) % len(DAMAGES)])
                damaged.append(Swap(version, began, time.monotonic()))
            # Asking earlier would be a load of its own in this swap, and asking later in the next one.
            time.sleep(max(0.0, began + _ASKED_AFTER * seconds_apart - time.monotonic()))
            _wait_until_served(site, good[-1].version)
            time.sleep(max(0.0, began + seconds_apart - time.monotonic()))
            if number == count // 2:
                tell(f"{number} swaps; a publisher is killed in the middle of its work")
                killing = _kill_a_publisher(bench, original, seconds_apart)
    return Swaps(good, damaged, killing)


def _kill_a_publisher(bench: Bench, original: int, seconds_apart: float) -> Interval:
    began = time.monotonic()
    kill_while_publishing(bench.home, original)
    # Who waited for the program to start is answered before the next swap, and not counted as one who waited for that.
    time.sleep(seconds_apart)
    return Interval(began, time.monotonic())


def _wait_until_served(site: Site, version: int) -> None:
    connection = Connection(site.port)
    request, served = get_request(site.port, "/readyz"), {"model_version": version}
    until = time.monotonic() + _SERVED_WITHIN_SECONDS
    while json.loads(connection.ask(request).body) != served:
        if time.monotonic() > until:
            raise ServiceFailed(
                f"Version {version} is not served {_SERVED_WITHIN_SECONDS:.0f} s after it was published."
            )
        time.sleep(_LOOK_EVERY_SECONDS)
    connection.close()


def refusals(site: Site, damaged: Sequence[int]) -> Mapping[str, str]:
    """Give the reasons, by number, for which damaged versions were refused."""
    connection = Connection(site.port)
    models = json.loads(connection.ask(get_request(site.port, "/v1/models")).body)
    connection.close()
    return {
        str(model["version"]): model["detail"]
        for model in models
        if model["version"] in damaged and model["state"] == "failed"
    }

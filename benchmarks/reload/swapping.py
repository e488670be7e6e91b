"""Swaps of good and damaged versions."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.http_connection import Connection, get_request
from benchmarks.reload.figures import Swap
from benchmarks.reload.publishing import DAMAGES, Publisher
from benchmarks.serving.servers import Site
from familiar.shared.contract.errors import ServiceFailed

DAMAGED_EVERY = 10

_SERVED_WITHIN_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.02
# As a share of the time between two swaps.
_ASKED_AFTER = 0.7


@dataclass(frozen=True)
class Swaps:
    """The published good and damaged versions, in order, and the end of the last swap's time."""

    good: Sequence[Swap]
    damaged: Sequence[Swap]
    ended: float

    @property
    def every(self) -> Sequence[Swap]:
        """All swaps, in chronological order."""
        return sorted([*self.good, *self.damaged], key=lambda swap: swap.began)


def swap_versions(publisher: Publisher, site: Site, numbers: Iterable[int], seconds_apart: float) -> Swaps:
    """Publish a version for each number, every `DAMAGED_EVERY`th of them damaged.

    Raises:
        ServiceFailed: a good version is not served in time.
    """
    good: list[Swap] = []
    damaged: list[Swap] = []
    for number in numbers:
        began = time.monotonic()
        if number % DAMAGED_EVERY:
            version = publisher.publish()
            good.append(Swap(version, began, time.monotonic()))
        else:
            version = publisher.publish_damaged(DAMAGES[(number // DAMAGED_EVERY - 1) % len(DAMAGES)])
            damaged.append(Swap(version, began, time.monotonic()))
        # Polling earlier would add load in this swap, and polling later in the next one.
        time.sleep(max(0.0, began + _ASKED_AFTER * seconds_apart - time.monotonic()))
        if number % DAMAGED_EVERY:
            _wait_until_served(site, version)
        time.sleep(max(0.0, began + seconds_apart - time.monotonic()))
    return Swaps(good, damaged, time.monotonic())


def _wait_until_served(site: Site, version: int) -> None:
    connection = Connection(site.port)
    request = get_request(site.port, "/readyz")
    until = time.monotonic() + _SERVED_WITHIN_SECONDS
    while json.loads(connection.ask(request).body).get("model_version") != version:
        if time.monotonic() > until:
            raise ServiceFailed(
                f"Version {version} is not served {_SERVED_WITHIN_SECONDS:.0f} s after it was published."
            )
        time.sleep(_LOOK_EVERY_SECONDS)
    connection.close()


def refusals(site: Site, damaged: Sequence[int]) -> Mapping[str, str]:
    """Return the reasons why damaged versions were refused, by number."""
    connection = Connection(site.port)
    models = json.loads(connection.ask(get_request(site.port, "/v1/models", site.token)).body)
    connection.close()
    return {
        str(model["version"]): model["detail"]
        for model in models
        if model["version"] in damaged and model["state"] == "failed"
    }

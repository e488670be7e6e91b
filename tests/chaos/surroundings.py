"""What a run's processes stand on: a small disk, a clock of their own and, in every second run, a Redis far away."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from familiar.shared.contract import redis_names
from familiar.shared.redis.acl import ACCESS
from tests.chaos.clock import Clock
from tests.chaos.disk import Disk, small_disk
from tests.chaos.far_redis import FarRedis
from tests.chaos.machine import Machine
from tests.chaos.network import Network, network_for
from tests.redis_watcher import a_watcher_in_redis


@dataclass(frozen=True)
class Surroundings:
    """What faults are made with; what the machine does not permit, or the run does not have, is None."""

    home: Path
    disk: Disk | None
    clock: Clock | None
    network: Network | None
    far_redis: FarRedis | None

    def processes(self) -> list[psutil.Process]:
        """Find every process that works for this home, orphans as well."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                here = process.environ().get("FAMILIAR_HOME") == str(self.home)
                if here and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


@contextmanager
def surroundings(folder: Path, machine: Machine, *, networked: bool) -> Iterator[Surroundings]:
    """Make a run's surroundings below `folder`, for what is started in the block; nothing of them is left."""
    with ExitStack() as resources, pytest.MonkeyPatch.context() as patch:
        resources.enter_context(a_watcher_in_redis())
        for name in ("REDIS_URL", "REDIS_URL_FILE", "FAMILIAR_TOKEN", "FAMILIAR_TOKEN_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("FAMILIAR_WEIGHTS", "random")
        place = folder / "disk"
        place.mkdir()
        disk = resources.enter_context(small_disk(place)) if machine.may_mount else None
        clock = Clock(folder) if machine.has_clock else None
        for name, value in (clock.environment if clock is not None else {}).items():
            patch.setenv(name, value)
        network = far_redis = None
        if networked:
            users = [user for user in ACCESS if user != redis_names.READER]
            network = resources.enter_context(network_for(users))
            far_redis = FarRedis(folder, network, users)
            far_redis.start()
            resources.callback(far_redis.kill)
            far_redis.wait()
        yield Surroundings(place / "home", disk, clock, network, far_redis)

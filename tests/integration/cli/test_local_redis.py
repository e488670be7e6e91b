"""The Redis that `familiar up` starts is out of reach for every other user of the machine."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from familiar.shared.redis.acl import ACCESS
from familiar.shared.redis.server_files import write_server_files
from familiar.shared.runtime.redis_address import ADDRESS, read_address
from tests.guarded_redis import GuardedRedis, guarded_redis

NOBODY = 65534
# Of the system: nobody may run one in somebody's home.
PYTHON = "/usr/bin/python3"
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


@pytest.fixture(scope="module")
def guarded() -> Iterator[GuardedRedis]:
    """Give a server in a folder that everybody may enter, as a home may be one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with guarded_redis(Path(folder)) as running:
            yield running


def as_nobody(code: str, argument: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as another user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if not Path(PYTHON).exists():
        pytest.skip(f"there is no {PYTHON} that another user may run")
    command = [PYTHON, "-c", code, str(argument)]
    return subprocess.run(
        command, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, timeout=60, check=False
    )


def test_another_user_cannot_reach_the_socket(guarded: GuardedRedis) -> None:
    """Nor read any file of it, although the folder around it is open to everybody."""
    (guarded.folder / "open").write_text("for everybody")
    assert as_nobody("import sys; open(sys.argv[1])", guarded.folder / "open").returncode == 0
    assert "PermissionError" in as_nobody(CONNECT, guarded.socket).stderr
    for path in guarded.folder.rglob("*"):
        if path.is_file() and path.parent != guarded.folder:
            assert "PermissionError" in as_nobody("import sys; open(sys.argv[1])", path).stderr, path


def test_files_and_folders_are_the_owners_alone(guarded: GuardedRedis) -> None:
    """Whatever the umask is."""
    modes = {path: path.stat().st_mode & 0o777 for path in guarded.folder.rglob("*") if path.parent != guarded.folder}
    assert set(modes.values()) <= {0o600, 0o700}
    assert {path.name: mode for path, mode in modes.items() if path.suffix in {".conf", ".acl"}} == {
        "redis.conf": 0o600,
        "users.acl": 0o600,
    }
    assert {(guarded.folder / user).stat().st_mode & 0o777 for user in (*ACCESS, "server")} == {0o700}


def test_redis_listens_on_no_port(guarded: GuardedRedis) -> None:
    """The socket is all."""
    (server,) = [
        process for process in psutil.process_iter(["cmdline"]) if str(guarded.folder) in " ".join(process.cmdline())
    ]
    assert server.net_connections("inet") == []


def test_no_password_is_on_a_command_line_and_only_hashes_are_with_redis(guarded: GuardedRedis) -> None:
    """Everybody may read command lines."""
    command = " ".join(guarded.server.command(guarded.folder / "server" / "redis.conf"))
    configuration = "".join(path.read_text() for path in (guarded.folder / "server").iterdir() if path.is_file())
    for user in ACCESS:
        password = read_address(guarded.folder / user / ADDRESS).split(":")[2].partition("@")[0]
        assert len(password) > 40
        assert password not in command + configuration + (guarded.folder / "redis.log").read_text()


def test_nothing_is_written_to_disk(guarded: GuardedRedis) -> None:
    """Frames and faces live in memory alone."""
    settings = {name: guarded.watcher.config_get(name)[name] for name in ("appendonly", "save", "maxmemory-policy")}
    assert settings == {"appendonly": "no", "save": "", "maxmemory-policy": "noeviction"}


def test_addresses_stay_the_same_when_files_are_written_again(tmp_path: Path) -> None:
    """Subscribers keep theirs; another folder has other passwords."""
    first, again, other = (
        [
            (
                write_server_files(tmp_path / folder, "unix:///s", (7,)),
                read_address(tmp_path / folder / user / ADDRESS),
            )[1]
            for user in ACCESS
        ]
        for folder in ("one", "one", "two")
    )
    assert first == again
    assert not set(first) & set(other)
    assert len(set(first)) == len(ACCESS)

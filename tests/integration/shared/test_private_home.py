"""A home is its owner's alone, whatever umask a process inherits, and whatever is in it already."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from familiar.shared.contract.messages import Split
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.builders import crop, origin, publish_version
from tests.private_home import open_to_others, seen_by_another_user
from tests.serving import serving, wait_until

SERVICES = ("extractor", "inference", "trainer")


@pytest.fixture
def open_home() -> Iterator[Path]:
    """Give a home from before, which everybody may read, in a folder that everybody may enter."""
    before = os.umask(0o022)
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    home = top / "home"
    home.mkdir()
    store = SampleStore(home)
    store.register("Zoë")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    StrangerStore(home).add(StrangerSource.GIVEN, crop(2), None)
    publish_version(ModelStore(home), "zoe", "karan")
    (home / "logs").mkdir()
    (home / "logs" / "trainer.log").write_text("a line\n")
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield home
    os.umask(before)
    shutil.rmtree(top)


def test_another_user_sees_an_open_home_and_so_would_see_a_gap(open_home: Path) -> None:
    """The other tests would prove nothing if the other user were kept out by a folder above."""
    seen = seen_by_another_user(open_home)
    assert "zoe" in seen
    assert "read " in seen


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_closes_the_home_that_it_finds_open(open_home: Path, redis_url: str, service: str) -> None:
    """Other users read nothing and list nothing, names of people included; what a link leads to stays as it is."""
    outside = open_home.parent / "outside.jpg"
    outside.write_bytes(b"")
    outside.chmod(0o644)
    (open_home / "samples" / "link.jpg").symlink_to(outside)
    os.mkfifo(open_home / "models" / "pipe", 0o644)
    environment = {**os.environ, "FAMILIAR_HOME": str(open_home), "REDIS_URL": redis_url, "FAMILIAR_PORT": "0"}
    with subprocess.Popen([sys.executable, "-m", f"familiar.services.{service}"], env=environment) as process:
        try:
            wait_until(lambda: open_to_others(open_home) == [])
        finally:
            process.terminate()
    assert seen_by_another_user(open_home) == ""
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


@pytest.mark.usefixtures("client")
def test_what_a_service_creates_is_private_in_any_umask(open_home: Path, redis_url: str) -> None:
    """Somebody whose name comes over HTTP is as private as who was there before."""
    with serving(open_home, redis_url) as running:
        wait_until(lambda: open_to_others(open_home) == [])
        picture = {"image": ("a.jpg", crop(3), "image/jpeg")}
        assert running.http.post("/v1/strangers", files=picture).is_success
        assert running.http.patch("/v1/people/zoe", json={"name": "Zoë K."}).is_success
        assert running.http.post("/v1/models/1/activate").is_success
        assert open_to_others(open_home) == []


def test_a_home_that_a_command_creates_is_private(open_home: Path) -> None:
    """Folders above it included, which it creates with it."""
    home = open_home.parent / "above" / "new"
    environment = {**os.environ, "FAMILIAR_HOME": str(home)}
    command = [sys.executable, "-m", "familiar.cli.main", "models"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert home.is_dir()
    assert open_to_others(home.parent) == []

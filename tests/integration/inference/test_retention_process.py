"""Inference deletes what has expired, as its own Redis user and by its own settings."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from familiar.cli.stack.local_stack import free_port
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Split
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.auditing import acts
from tests.builders import crop, origin, publish_version
from tests.guarded_redis import guarded_redis
from tests.serving import wait_until
from tests.small_disk import small_disk

STOP_SECONDS = 30
# Ten minutes would be long to wait.
RUN = """
from familiar.services.inference import __main__ as inference, expiry_watch
expiry_watch.EVERY_SECONDS = 0.2
inference.main()
"""


def test_what_cannot_be_deleted_is_said_and_ends_nothing(home: Path, redis_url: str, tmp_path: Path) -> None:
    """The log says so without a file's name, which may be somebody's; here a disk is mounted in a version."""
    models = ModelStore(home)
    for _ in range(4):
        publish_version(models, "zoe")
    environment = {
        **os.environ,
        "FAMILIAR_HOME": str(home),
        "REDIS_URL": redis_url,
        "FAMILIAR_PORT": str(free_port()),
        "FAMILIAR_KEEP_VERSIONS": "2",
    }
    log = tmp_path / "inference.log"
    with (
        small_disk(home / "models" / "1" / "zoe", 100_000),
        log.open("wb") as output,
        subprocess.Popen([sys.executable, "-c", RUN], env=environment, stderr=output) as inference,
    ):
        try:
            wait_until(lambda: "cannot be deleted" in log.read_text())
            assert inference.poll() is None
        finally:
            inference.terminate()
            inference.wait(STOP_SECONDS)
    (line,) = [line for line in log.read_text().splitlines() if "cannot be deleted" in line][:1]
    assert "zoe" not in line
    assert models.versions() == (3, 4)


def test_a_running_inference_deletes_what_has_expired_and_goes_on(home: Path, tmp_path: Path) -> None:
    """Samples, a person, a stranger's face and a sighting; Redis refuses it none of that."""
    samples, strangers = SampleStore(home), StrangerStore(home)
    now = datetime.now(UTC)
    for name, days in (("Zoe", 40), ("Karan", 1)):
        slug = samples.register(name).slug
        for number in range(2):
            samples.add(slug, Split.TRAIN, crop(number * 9), origin(number, now - timedelta(days=days)), None)
    strangers.add(StrangerSource.GIVEN, crop(1), None)
    (face,) = strangers.faces()
    os.utime(face.path, (0, 0))
    with guarded_redis(tmp_path / "redis") as guarded:
        guarded.watcher.xadd(redis_names.SIGHTINGS, {"header": "{}", "payload": b""}, id="1-0")
        environment = {
            **os.environ,
            "FAMILIAR_HOME": str(home),
            "REDIS_URL": guarded.address_of(redis_names.INFERENCE),
            "FAMILIAR_PORT": str(free_port()),
            "FAMILIAR_KEEP_SAMPLES_DAYS": "30",
        }
        guarded.refused()
        with subprocess.Popen([sys.executable, "-c", RUN], env=environment) as inference:
            try:
                wait_until(lambda: [person.slug for person in samples.people()] == ["karan"])
                wait_until(lambda: not strangers.faces() and not guarded.watcher.xlen(redis_names.SIGHTINGS))
                samples.register("Zoe")
                for number in range(2):
                    samples.add("zoe", Split.TRAIN, crop(number * 9), origin(number, now - timedelta(days=40)), None)
                wait_until(lambda: [person.slug for person in samples.people()] == ["karan"])
                assert inference.poll() is None
                assert guarded.refused() == []
                wait_until(lambda: acts(home) == [("forget", {}, "done")] * 2)
            finally:
                inference.terminate()
                inference.wait(STOP_SECONDS)

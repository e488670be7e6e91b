"""Inference deletes what has expired, as its own Redis user and by its own settings."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from familiar.cli.stack.local_stack import free_port
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.builders import crop, origin
from tests.guarded_redis import guarded_redis
from tests.serving import wait_until

STOP_SECONDS = 30
# Ten minutes would be long to wait.
RUN = """
from familiar.services.inference import __main__ as inference
inference._RETAIN_EVERY_SECONDS = 0.2
inference.main()
"""


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
            finally:
                inference.terminate()
                inference.wait(STOP_SECONDS)

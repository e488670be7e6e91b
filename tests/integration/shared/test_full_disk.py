"""A full disk: new work is refused by name, what is there stays whole, and with room again everything goes on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.messages import Split
from familiar.shared.contract.training import TrainingRecord, waiting_job
from familiar.shared.redis.connection import keep_going
from familiar.shared.redis.training_queue import training_records
from familiar.shared.runtime.files import PARTIAL_PREFIX
from familiar.shared.stores.forgettings import Forgettings, Intention
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.app_client import Site
from tests.auditing import acts
from tests.builders import NOON, crop, origin, publish_version
from tests.command_line import familiar
from tests.small_disk import fill, small_disk

DISK_BYTES = 512 * 1024


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a home on a small disk of its own."""
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk / "home"


def _files(home: Path) -> dict[Path, bytes]:
    files = (
        path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock" and path.parent.name != "audit"
    )
    return {path: path.read_bytes() for path in files}


def _writes(home: Path) -> list[Callable[[], object]]:
    samples, strangers, models = SampleStore(home), StrangerStore(home), ModelStore(home)
    record = TrainingRecord(job=waiting_job("j1", NOON), options={}, created_at=NOON)
    intention = Intention(person="joe", names=(), samples=0, model_versions=(), training=None, job_id="j1")
    return [
        lambda: samples.register("Karan"),
        lambda: samples.rename("zoe", "Zoe K."),
        lambda: samples.add("zoe", Split.TRAIN, crop(7), origin(7), most=None),
        lambda: strangers.add(StrangerSource.GIVEN, crop(7), None),
        lambda: models.activate(1),
        lambda: publish_version(models, "zoe", "karan"),
        lambda: TokenStore(home).add("party", {Scope.PREDICT}),
        lambda: Forgettings(home).begin(intention),
        lambda: training_records(home).write("j1", record),
    ]


@pytest.fixture
def before(home: Path) -> dict[Path, bytes]:
    """Give what is stored before the disk is full."""
    home.mkdir()
    store = SampleStore(home)
    store.register("Zoe")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    StrangerStore(home).add(StrangerSource.GIVEN, crop(1), None)
    models = ModelStore(home)
    publish_version(models, "zoe", "karan")
    models.activate(1)
    return _files(home)


def test_a_write_that_fails_leaves_everything_as_it_was(home: Path, before: dict[Path, bytes]) -> None:
    """No half file, no lost one and no temporary one; with room again each write succeeds."""
    ballast = fill(home.parent)
    for write in _writes(home):
        with pytest.raises(OSError, match="No space"):
            write()
    assert _files(home) == before
    assert not list(home.rglob(f"{PARTIAL_PREFIX}*"))
    ballast.unlink()
    for write in _writes(home):
        write()
    assert ModelStore(home).open(2)
    assert SampleStore(home).person("zoe").train_samples == 2


def test_http_and_commands_refuse_new_work_by_name(
    home: Path, before: dict[Path, bytes], site: Site, redis_url: str
) -> None:
    """What is there is still shown, and the same requests succeed with room again."""
    assert site.ask("GET", "/v1/people").is_success
    stored = _files(home)
    assert stored.items() >= before.items()
    ballast = fill(home.parent)
    requests = ("PATCH", "/v1/people/zoe", {"name": "Zoe K."}), ("POST", "/v1/models/1/activate", None)
    for method, path, body in requests:
        answer = site.ask(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (507, "disk-full")
    commands = ("rename", "Zoe", "Zoe K."), ("token", "add", "party", "--scope", "watch"), ("backup", str(home / "b"))
    for command in commands:
        ran = familiar(*command, FAMILIAR_HOME=str(home), REDIS_URL=redis_url)
        assert (ran.returncode, "disk full" in ran.stderr) == (1, True), ran.stderr
    assert [known["name"] for known in site.ask("GET", "/v1/people").json()] == ["Zoe"]
    assert _files(home) == stored
    ballast.unlink()
    for method, path, body in requests:
        assert site.ask(method, path, json=body).is_success
    assert acts(home) == [
        ("lose-entries", {"count": "2"}, "done"),
        ("rename", {"person": "zoe"}, "done"),
        ("pin-version", {"version": "1"}, "done"),
    ]


def test_a_loop_waits_for_room_and_goes_on_by_itself(home: Path, before: dict[Path, bytes]) -> None:
    """As for a Redis that is away."""
    assert before
    ballast = fill(home.parent)
    store = SampleStore(home)
    tried: list[int] = []

    def step() -> None:
        tried.append(len(tried))
        if len(tried) == 3:
            ballast.unlink()
        store.add("zoe", Split.TRAIN, crop(7), origin(7), most=None)

    keep_going(step, lambda: store.count("zoe", Split.TRAIN) == 2)
    assert len(tried) == 3


def test_the_log_of_a_service_may_fail_without_the_service(client: redis.Redis, home: Path) -> None:
    """A line that cannot be written is lost, and the next ones are written."""
    assert client
    home.mkdir()
    ballast = fill(home.parent)
    log = home / "service.log"
    with log.open("w") as file:
        code = (
            "import pathlib, sys, structlog; from familiar.shared.runtime.logs import configure_logs;"
            "configure_logs('tested', 'console'); log = structlog.get_logger(); log.info('lost');"
            "pathlib.Path(sys.argv[1]).unlink(); log.info('written')"
        )
        run = subprocess.run([sys.executable, "-c", code, str(ballast)], stderr=file, check=False)
    assert run.returncode == 0
    assert "written" in log.read_text()

"""A disk that is nearly full: new work is refused by name, and what follows from earlier work still finds room."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from familiar.shared.contract.errors import DiskFull
from familiar.shared.contract.messages import Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import Site
from tests.builders import crop, origin, zoe
from tests.command_line import familiar
from tests.small_disk import small_disk

MEGABYTE = 1_000_000
RESERVE_MB = 4


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a home on a disk of its own that is larger than the reserve."""
    with small_disk(tmp_path / "disk", 4 * RESERVE_MB * MEGABYTE) as disk:
        folder = disk / "home"
        folder.mkdir()
        yield folder


@pytest.fixture
def quotas() -> Quotas:
    """Give a reserve."""
    return Quotas(least_free_mb=RESERVE_MB)


@pytest.fixture
def enrolled(home: Path, colours: ModelStore, client: redis.Redis) -> SampleStore:
    """Give a home with Bea and Rob, a version that knows them, and a camera at the door."""
    shutil.copytree(colours.path(1, "manifest.json").parents[1], home / "models")
    samples = SampleStore(home)
    for name in ("Bea", "Rob"):
        slug = samples.register(name).slug
        for number in range(2):
            samples.add(slug, Split.TRAIN, crop(number * 9 + len(name)), origin(number), None)
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    return samples


def leave(home: Path, megabytes: int) -> Path:
    """Fill the disk but for so much and a half, and give the file to delete for room."""
    ballast = home.parent / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(home).free - (2 * megabytes + 1) * MEGABYTE // 2))
    return ballast


NEW_WORK: list[tuple[str, str, dict[str, object]]] = [
    ("POST", "/v1/enrolments", {"camera": "door", "name": "Zoe"}),
    ("POST", "/v1/enrolments", {"camera": "door", "name": "Bea"}),
    ("POST", "/v1/training-jobs", {}),
]


def test_below_the_reserve_new_work_is_refused_and_with_room_it_is_taken(
    home: Path, enrolled: SampleStore, site: Site
) -> None:
    """The sentence says how little is free, and which setting asks for more; nobody is enrolled halfway."""
    ballast = leave(home, RESERVE_MB - 1)
    picture = {"content-type": "image/jpeg"}
    answers = [site.ask(method, path, json=body) for method, path, body in NEW_WORK]
    answers.append(site.ask("POST", "/v1/strangers", content=_picture(), headers=picture))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (507, "disk-full"), answer.text
        assert "FAMILIAR_LEAST_FREE_MB" in answer.json()["detail"]
    assert [person.slug for person in enrolled.people()] == ["bea", "rob"]
    assert list((home / "enrolments").iterdir()) == list((home / "trainings").iterdir()) == []
    ballast.unlink()
    for method, path, body in NEW_WORK[1:]:
        assert site.ask(method, path, json=body).is_success
    assert site.ask("POST", "/v1/strangers", content=_picture(), headers=picture).json()["stored"] == 1


def test_below_the_reserve_there_is_room_to_forget_somebody_to_rename_and_to_choose_a_version(
    home: Path, enrolled: SampleStore, site: Site
) -> None:
    """What is there is shown and answered with as ever."""
    leave(home, RESERVE_MB - 1)
    assert site.ask("PATCH", "/v1/people/bea", json={"name": "Bea B."}).is_success
    assert site.ask("POST", "/v1/models/1/activate").json()["state"] == "ready"
    answer = site.ask("POST", "/v1/predictions?crop=true", content=crop(7), headers={"content-type": "image/jpeg"})
    assert answer.is_success
    assert site.ask("DELETE", "/v1/people/bea").json()["samples"] == 2
    assert [person.slug for person in enrolled.people()] == ["rob"]


def test_a_low_disk_is_told_wherever_one_would_look(home: Path, enrolled: SampleStore, site: Site) -> None:
    """The page, the state of the service, the metrics; not as a failure, as answers are given."""
    assert enrolled
    assert site.ask("POST", "/v1/models/1/activate").is_success
    assert site.ask("GET", "/readyz").json() == {"model_version": 1, "disk_low": False}
    assert site.ask("GET", "/v1/services").json()["disk"] is None
    ballast = leave(home, RESERVE_MB - 1)
    ready = site.ask("GET", "/readyz")
    assert (ready.status_code, ready.json()) == (200, {"model_version": 1, "disk_low": True})
    assert "Only 3 MB are free" in site.ask("GET", "/v1/services").json()["disk"]
    metrics = site.ask("GET", "/metrics").text
    assert "familiar_disk_free_megabytes 3.0" in metrics
    assert "familiar_disk_reserve_megabytes 4.0" in metrics
    ballast.unlink()
    assert site.ask("GET", "/readyz").json()["disk_low"] is False


def test_commands_refuse_new_work_and_the_doctor_names_the_disk(
    home: Path, enrolled: SampleStore, redis_url: str
) -> None:
    """Exit status 1, and a sentence."""
    assert enrolled
    ballast = leave(home, RESERVE_MB - 1)
    environment = {
        "FAMILIAR_HOME": str(home),
        "REDIS_URL": redis_url,
        "FAMILIAR_LEAST_FREE_MB": str(RESERVE_MB),
    }
    for command in (("train", "--no-wait"), ("enrol", "Zoe", "--camera", "door"), ("strangers", "fetch")):
        ran = familiar(*command, **environment)
        assert (ran.returncode, "disk full" in ran.stderr) == (1, True), ran.stderr
    assert "Only 3 MB are free" in familiar("doctor", **environment).stdout
    ballast.unlink()
    assert "new work is refused" in familiar("doctor", **environment).stdout


def test_the_stores_refuse_what_is_new_and_know_what_is_there(home: Path, enrolled: SampleStore) -> None:
    """A sample or a face that is there already needs no room."""
    samples, strangers = SampleStore(home, Quotas(least_free_mb=RESERVE_MB)), StrangerStore(home)
    strangers.add(StrangerSource.GIVEN, crop(1), None)
    strangers = StrangerStore(home, Quotas(least_free_mb=RESERVE_MB))
    leave(home, RESERVE_MB - 1)
    assert samples.register("Bea").train_samples == 2
    samples.add("bea", Split.TRAIN, crop(3), origin(0), None)
    assert strangers.add(StrangerSource.GIVEN, crop(1), None) is False
    with pytest.raises(DiskFull):
        samples.register("Zoe")
    with pytest.raises(DiskFull):
        samples.add("bea", Split.TRAIN, crop(99), origin(9), None)
    with pytest.raises(DiskFull):
        strangers.add(StrangerSource.GIVEN, crop(2), None)
    assert enrolled.count("bea", Split.TRAIN) == 2


def _picture() -> bytes:
    return encode_jpeg(zoe(5))

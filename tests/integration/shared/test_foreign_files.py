"""Links, pipes, sockets, sub-folders and files from elsewhere in a store: not followed, not waited for, not counted."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from familiar.shared.contract.errors import BrokenModel, UnknownModel, UnknownPerson
from familiar.shared.contract.messages import Split
from familiar.shared.stores.models import CHECKPOINT, LANDMARKS, REPORT, SERVED_MODEL, ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.app_client import Site
from tests.builders import crop, origin, publish_version

Put = Callable[[Path], None]
ABROAD = "abroad"


def _bind(path: Path) -> None:
    # The address of a socket is limited to about a hundred bytes, a relative one too.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


def _abroad(path: Path) -> Path:
    """Give a folder outside of the home that has what the stores look for."""
    home = next(folder for folder in path.parents if folder.name == "home")
    folder = home.parent / ABROAD
    folder.mkdir(exist_ok=True)
    (folder / "picture.jpg").write_bytes(crop(9))
    (folder / "manifest.json").write_text("{}")
    return folder


KINDS: dict[str, Put] = {
    "link to a file": lambda path: path.symlink_to(_abroad(path) / "picture.jpg"),
    "link to a folder": lambda path: path.symlink_to(_abroad(path)),
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
    "socket": _bind,
    "folder": lambda path: (path / "in" / "it").mkdir(parents=True),
}
# A name that is no text in UTF-8, and one that a terminal would obey.
ODD_NAMES = (b"\xff\xfe.jpg", b"\x1b[31mred.jpg")


@pytest.fixture(params=KINDS)
def put(request: pytest.FixtureRequest) -> Put:
    """Give what puts something into a store that is not of it."""
    return KINDS[request.param]


@pytest.fixture
def untouched(home: Path) -> Callable[[], bool]:
    """Give whether everything outside of the home is still there."""
    folder = _abroad(home / "x")
    return lambda: sorted(path.name for path in folder.iterdir()) == ["manifest.json", "picture.jpg"]


def _odd(folder: Path) -> None:
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(crop(8))


def test_a_persons_samples_are_their_regular_files(
    home: Path, store: SampleStore, site: Site, put: Put, untouched: Callable[[], bool]
) -> None:
    """Nothing else is counted, read, shown or deleted in their stead; forgetting them takes it along."""
    store.register("Zoe")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    (own,) = store.sample_ids("zoe")
    folder = home / "samples" / "train" / "zoe"
    put(folder / f"{'a' * 64}.jpg")
    _odd(folder)
    assert store.count("zoe", Split.TRAIN) == store.person("zoe").train_samples == 1
    assert [sample.sample_id for sample in store.samples("zoe", Split.TRAIN)] == [own]
    assert [found["sample_id"] for found in site.ask("GET", "/v1/people/zoe/samples").json()] == [own]
    assert site.ask("GET", f"/v1/people/zoe/samples/{'a' * 64}").status_code == 404
    assert site.ask("DELETE", f"/v1/people/zoe/samples/{'a' * 64}").status_code == 404
    store.withdraw("a" * 64)
    assert site.ask("DELETE", "/v1/people/zoe").is_success
    assert not folder.exists()
    assert untouched()


def test_a_persons_folder_is_a_folder(
    home: Path, store: SampleStore, site: Site, put: Put, untouched: Callable[[], bool]
) -> None:
    """What has its place has no samples, and makes room for the first one; so does what is left at forgetting."""
    store.register("Zoe")
    for split in Split:
        (home / "samples" / split).mkdir()
        put(home / "samples" / split / "zoe")
    assert site.ask("GET", "/v1/people/zoe/samples").json() == []
    assert store.read("zoe", "picture") is None
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    assert store.person("zoe").train_samples == 1
    assert site.ask("DELETE", "/v1/people/zoe").is_success
    assert not any((home / "samples").glob("*/zoe"))
    assert untouched()


def test_people_are_regular_files_too(home: Path, store: SampleStore, site: Site, put: Put) -> None:
    """Nobody else is listed, and whoever gets the name is a person afterwards."""
    store.register("Karan")
    put(home / "people" / "zoe.json")
    (home / "people" / "Not a slug.json").write_text('{"name": "Eve"}')
    assert [known["slug"] for known in site.ask("GET", "/v1/people").json()] == ["karan"]
    with pytest.raises(UnknownPerson):
        store.person("zoe")
    assert store.register("Zoe").slug == "zoe"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": 7}', '{"name": ""}', "[" * 100_000, "\udcff"])
def test_a_person_whose_file_is_damaged_is_called_by_their_slug(
    home: Path, store: SampleStore, site: Site, text: str
) -> None:
    """Their samples are there still, and they can be renamed and forgotten."""
    store.register("Zoe")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    (home / "people" / "zoe.json").write_bytes(os.fsencode(text))
    (person,) = site.ask("GET", "/v1/people").json()
    assert (person["slug"], person["name"], person["train_samples"]) == ("zoe", "zoe", 1)
    assert site.ask("PATCH", "/v1/people/zoe", json={"name": "Zoe"}).json()["name"] == "Zoe"


@pytest.mark.parametrize("text", [b"", b"many", b"-1", b"1.5", b"9" * 5000, b"\xff", "\u0663".encode()])
def test_a_count_of_forgettings_that_is_none_stops_no_answer(
    home: Path, store: SampleStore, site: Site, text: bytes
) -> None:
    """It begins anew, and grows with the next forgetting."""
    store.register("Zoe")
    count = home / "forgotten" / "count"
    assert site.ask("GET", "/v1/people").is_success
    count.write_bytes(text)
    assert site.ask("GET", "/v1/people").is_success
    assert site.ask("DELETE", "/v1/people/zoe").is_success
    assert count.read_bytes() == b"1"


def test_faces_of_strangers_are_regular_files(home: Path, site: Site, put: Put, untouched: Callable[[], bool]) -> None:
    """Whether the thing lies among the faces or in the place of their folder."""
    strangers = StrangerStore(home)
    strangers.add(StrangerSource.GIVEN, crop(1), None)
    (own,) = strangers.face_ids(StrangerSource.GIVEN)
    put(home / "strangers" / "given" / f"{'a' * 64}.jpg")
    put(home / "strangers" / "marked")
    _odd(home / "strangers" / "given")
    assert site.ask("GET", "/v1/strangers").json() == {"fetched": 0, "given": 1, "marked": 0}
    assert site.ask("GET", "/v1/strangers/given").json() == [own]
    assert [face.face_id for face in strangers.faces()] == [own]
    for source in ("given", "marked"):
        assert site.ask("GET", f"/v1/strangers/{source}/{'a' * 64}").status_code == 404
        assert site.ask("DELETE", f"/v1/strangers/{source}/{'a' * 64}").status_code == 404
    assert strangers.add(StrangerSource.MARKED, crop(2), None)
    assert [strangers.clear(source) for source in StrangerSource] == [0, 1, 1]
    assert untouched()


@pytest.mark.parametrize("name", ["manifest.json", SERVED_MODEL, LANDMARKS, REPORT, "picture.jpg", "anything"])
def test_a_version_with_something_else_in_its_folder_is_refused_or_served_and_deleted(
    home: Path, site: Site, name: str, put: Put, untouched: Callable[[], bool]
) -> None:
    """A file of it is missing where something else has its name; forgetting who is in it deletes the whole version."""
    models = ModelStore(home)
    version = publish_version(models, "zoe", "karan")
    path = home / "models" / str(version) / name
    path.unlink(missing_ok=True)
    put(path)
    put(home / "models" / f"job{CHECKPOINT}")
    if name in (REPORT, "picture.jpg", "anything"):
        assert models.open(version).manifest.version == version
    else:
        with pytest.raises((BrokenModel, UnknownModel)):
            models.open(version)
    for part in ("", "/1", "/1/report", f"/1/pictures/{name}", "/1/bundle"):
        answer = site.ask("GET", f"/v1/models{part}")
        assert answer.is_success or answer.json()["code"] in {"broken-model", "unknown-model", "unknown-picture"}
    assert models.remove_versions_knowing("zoe") == (version,)
    assert list((home / "models" / str(version)).iterdir()) == []
    assert not (home / "models" / f"job{CHECKPOINT}").exists()
    assert untouched()


def test_what_has_the_name_of_a_version_and_is_none_is_passed_over(
    home: Path, site: Site, put: Put, untouched: Callable[[], bool]
) -> None:
    """Its number is taken, so that the next version gets another; `current` and `pinned` are files."""
    models = ModelStore(home)
    for name in ("7", "current", "pinned", ".partial-1"):
        put(home / "models" / name)
    (home / "models" / "٣").mkdir()
    assert models.versions() == ()
    assert models.current() is None
    assert site.ask("GET", "/v1/models").json() == []
    assert publish_version(models, "zoe", "karan") == 8
    models.unpin()
    assert models.current() == 8
    models.activate(8)
    assert 8 in models.remove_versions_knowing("zoe")
    assert untouched()


def test_a_manifest_that_names_files_outside_of_its_folder_is_no_manifest(home: Path) -> None:
    """A version from elsewhere opens nothing but its own files."""
    models = ModelStore(home)
    version = publish_version(models, "zoe", "karan")
    path = home / "models" / str(version) / "manifest.json"
    written = json.loads(path.read_bytes())
    written["files"]["../../people/zoe.json"] = "0" * 64
    path.write_text(json.dumps(written))
    with pytest.raises(BrokenModel, match="outside"):
        models.manifest(version)

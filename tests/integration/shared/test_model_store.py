"""The model store on a real disk: versions are written once, verified, and swapped whole."""

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from familiar.shared.contract.errors import BrokenModel, UnknownModel
from familiar.shared.contract.manifest import Gate, Manifest
from familiar.shared.runtime.files import sha256_of
from familiar.shared.stores.models import MANIFEST, SERVED_MODEL, ModelStore
from tests.builders import FILES, NOON, manifest_of, publish_version

DEADLINE_SECONDS = 5.0


REJECTED = Gate(accepted=False, reason="It is worse.", compared_with=1)


def publish_with(store: ModelStore, **changes: object) -> int:
    """Publish a version with some changes to its manifest, and give its number."""
    with store.staging_folder() as staging:
        (staging / SERVED_MODEL).write_bytes(b"model")

        def describe(version: int, files: dict[str, str]) -> Manifest:
            return manifest_of(version, files, ("zoe",)).model_copy(update=changes)

        return store.publish(staging, describe).version


def wait_until_set(event: threading.Event) -> None:
    """Wait, but not for ever."""
    assert event.wait(DEADLINE_SECONDS)


@pytest.fixture
def store(home: Path) -> ModelStore:
    """Give an empty store."""
    return ModelStore(home)


def test_before_the_first_training_there_is_nothing(store: ModelStore) -> None:
    """Neither versions nor a current one."""
    assert (store.versions(), store.current()) == ((), None)


def test_versions_are_numbered_one_two_three_and_the_newest_is_served(store: ModelStore) -> None:
    """Whole numbers without a gap."""
    assert [publish_version(store, "zoe") for _ in range(3)] == [1, 2, 3]
    assert (store.versions(), store.current()) == ((1, 2, 3), 3)


def test_after_nine_comes_ten(store: ModelStore) -> None:
    """Numbers are compared as numbers."""
    for _ in range(11):
        publish_version(store, "zoe")
    assert store.versions() == tuple(range(1, 12))


def test_a_published_version_is_verified_file_by_file(store: ModelStore, home: Path) -> None:
    """The manifest has the hash of every file but itself, and nothing else lies in the folder."""
    version = publish_version(store, "zoe")
    stored = store.open(version)
    assert {name: path.read_bytes() for name, path in stored.paths.items()} == FILES
    assert stored.manifest.files == {name: sha256_of(path) for name, path in stored.paths.items()}
    assert {path.name for path in (home / "models" / "1").iterdir()} == {*FILES, MANIFEST}


def test_the_manifest_is_written_last(store: ModelStore) -> None:
    """When a version is described, its folder has all other files and no manifest."""
    seen: list[set[str]] = []
    with store.staging_folder() as staging:
        (staging / SERVED_MODEL).write_bytes(b"model")

        def look(version: int, files: dict[str, str]) -> Manifest:
            seen.append({path.name for path in staging.iterdir()})
            return manifest_of(version, files, ("zoe",))

        store.publish(staging, look)
    assert seen == [{SERVED_MODEL}]


def test_a_folder_without_a_manifest_is_no_version(store: ModelStore, home: Path) -> None:
    """Its writer was killed, or its copy is not complete."""
    publish_version(store, "zoe")
    (home / "models" / "2").mkdir()
    (home / "models" / "2" / SERVED_MODEL).write_bytes(b"half")
    assert store.versions() == (1,)
    with pytest.raises(BrokenModel, match=f"2 has no {MANIFEST}"):
        store.manifest(2)
    assert publish_version(store, "zoe") == 3


def test_a_version_that_could_not_be_described_was_never_published(store: ModelStore, home: Path) -> None:
    """Nothing is left of it, and the next one takes its number."""

    def fail(_version: int, _files: dict[str, str]) -> Manifest:
        raise BrokenModel("not good enough")

    with pytest.raises(BrokenModel, match="not good enough"), store.staging_folder() as staging:
        store.publish(staging, fail)
    assert (store.versions(), store.current()) == ((), None)
    assert list((home / "models").iterdir()) == []
    assert publish_version(store, "zoe") == 1


def test_what_a_killed_trainer_left_is_cleared_away(store: ModelStore, home: Path) -> None:
    """By the next one, before it begins."""
    (home / "models" / ".partial-killed").mkdir()
    (home / "models" / ".partial-killed" / SERVED_MODEL).write_bytes(b"half")
    with store.staging_folder() as staging:
        assert list((home / "models").iterdir()) == [staging]


def test_current_is_whole_at_every_moment_while_versions_are_published(store: ModelStore, home: Path) -> None:
    """A reader that looks all the time sees numbers that never fall, and each version it sees is complete."""
    publish_version(store, "zoe")
    over = threading.Event()
    seen: list[int | None] = []
    reader_store = ModelStore(home)

    def read() -> None:
        while not over.is_set():
            seen.append(current := reader_store.current())
            if current is not None:
                reader_store.open(current)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        publish_version(store, "zoe")
    over.set()
    reader.join(DEADLINE_SECONDS)
    assert len(set(seen)) > 1
    assert None not in seen
    assert seen == sorted(number for number in seen if number is not None)


def test_a_second_training_waits_for_the_first_to_end(home: Path) -> None:
    """And says so, once."""
    waiting, trained = threading.Event(), threading.Event()

    def train_second() -> None:
        with ModelStore(home).one_training(waiting.set):
            trained.set()

    second = threading.Thread(target=train_second)
    with ModelStore(home).one_training(lambda: pytest.fail("nobody else was training")):
        second.start()
        wait_until_set(waiting)
        assert not trained.is_set()
    second.join(DEADLINE_SECONDS)
    assert trained.is_set()


def test_a_training_that_failed_gives_the_right_to_train_back(store: ModelStore, home: Path) -> None:
    """The next one begins at once."""
    with pytest.raises(BrokenModel), store.one_training(lambda: None):
        raise BrokenModel
    with ModelStore(home).one_training(lambda: pytest.fail("it was not given back")):
        pass


def test_a_rejected_version_is_kept_and_not_served(store: ModelStore) -> None:
    """It has a number, all its files, and the reason; the next one that is accepted is served."""
    publish_version(store, "zoe")
    assert publish_with(store, gate=REJECTED) == 2
    assert (store.versions(), store.current()) == ((1, 2), 1)
    assert list(store.open(2).paths) == [SERVED_MODEL]
    assert store.manifest(2).rejection == "It is worse."
    assert publish_with(store, gate=Gate(accepted=True, reason="It was asked for.", forced=True)) == 3
    assert (store.current(), store.manifest(3).rejection) == (3, None)


def test_a_rejected_version_goes_with_whom_it_knows(store: ModelStore) -> None:
    """Nobody sees it, and it knows their face all the same."""
    publish_version(store, "karan")
    publish_with(store, gate=REJECTED)
    assert store.remove_versions_knowing("zoe") == (2,)
    assert store.current() == 1


def test_a_manifest_from_before_the_gate_is_read(store: ModelStore, home: Path) -> None:
    """It was not rejected, and no job is known."""
    publish_version(store, "zoe")
    path = home / "models" / "1" / MANIFEST
    fields = json.loads(path.read_text())
    del fields["gate"], fields["job_id"], fields["options"]["force"]
    path.write_text(json.dumps(fields))
    manifest = store.manifest(1)
    assert (manifest.gate, manifest.job_id, manifest.rejection) == (None, None, None)


def test_the_version_of_a_job_is_found(store: ModelStore) -> None:
    """Not one of another job, and not one that was published before the job was created."""
    publish_with(store, job_id="nightly", created_at=NOON)
    publish_with(store, job_id="nightly", created_at=NOON + timedelta(days=1))
    publish_with(store, job_id="other", created_at=NOON + timedelta(days=1))
    found = store.published_by("nightly", since=NOON + timedelta(hours=1))
    assert found is not None
    assert found.version == 2
    assert store.published_by("nightly", since=NOON + timedelta(days=2)) is None
    assert store.published_by("unknown", since=NOON) is None
    assert store.current() == 3


def test_a_job_that_was_cut_off_before_its_version_was_served_has_it_served(store: ModelStore, home: Path) -> None:
    """The folder had its number, and the process died; a rejected one is not served for all that."""
    publish_version(store, "zoe")
    publish_with(store, job_id="cut off", created_at=NOON)
    publish_with(store, job_id="rejected", created_at=NOON, gate=REJECTED)
    (home / "models" / "current").write_text("1\n")
    store.published_by("rejected", since=NOON)
    assert store.current() == 1
    store.published_by("cut off", since=NOON)
    assert store.current() == 2


def test_a_pinned_version_is_served_whatever_is_published(store: ModelStore, home: Path) -> None:
    """Also by who opens the store later; without the pin it is the newest that was not rejected."""
    for _ in range(2):
        publish_version(store, "zoe")
    store.activate(1)
    publish_version(store, "zoe")
    publish_with(store, gate=REJECTED)
    assert (store.current(), ModelStore(home).current(), store.pinned()) == (1, 1, 1)
    store.unpin()
    store.unpin()
    assert (store.current(), store.pinned()) == (3, None)


def test_a_rejected_version_can_be_pinned(store: ModelStore) -> None:
    """Whoever says so knows more than the gate."""
    publish_version(store, "zoe")
    store.activate(publish_with(store, gate=REJECTED))
    assert store.current() == 2


def test_what_is_missing_or_damaged_is_not_pinned(store: ModelStore, home: Path) -> None:
    """The pin that was there stays."""
    for _ in range(2):
        publish_version(store, "zoe")
    store.activate(1)
    with pytest.raises(UnknownModel):
        store.activate(7)
    (home / "models" / "2" / next(iter(FILES))).write_bytes(b"cut off")
    with pytest.raises(BrokenModel, match="SHA-256"):
        store.activate(2)
    assert store.current() == 1


def test_forgetting_somebody_takes_the_pin_of_their_version(store: ModelStore) -> None:
    """What is served then is the newest that does not know them."""
    publish_version(store, "zoe")
    publish_version(store, "karan")
    store.activate(1)
    assert store.remove_versions_knowing("zoe") == (1,)
    assert (store.current(), store.pinned()) == (2, None)

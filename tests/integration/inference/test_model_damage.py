"""The model store on a real disk: what is damaged is named, and who is forgotten is in no version."""

from pathlib import Path

import pytest

from familiar.services.inference.model.predictor import load_predictor
from familiar.shared.contract.errors import BrokenModel, UnknownModel
from familiar.shared.stores.models import KERAS_MODEL, MANIFEST, SERVED_MODEL, ModelStore
from familiar.shared.vision.images import MODEL_INPUT_SIZE
from tests.builders import FILES, publish_version


@pytest.fixture
def store(home: Path) -> ModelStore:
    """Give an empty store."""
    return ModelStore(home)


@pytest.mark.parametrize("name", list(FILES))
@pytest.mark.parametrize("damage", [b"", b"the model that", b"the model that is serveD", b"the model that is served!"])
def test_a_file_that_is_not_what_the_manifest_says_is_named(
    store: ModelStore, home: Path, name: str, damage: bytes
) -> None:
    """Empty, truncated, changed, or longer."""
    publish_version(store, "zoe")
    (home / "models" / "1" / name).write_bytes(damage)
    with pytest.raises(BrokenModel, match=f"{name} of model version 1 does not have the SHA-256"):
        store.open(1, KERAS_MODEL)


def test_a_keras_model_is_checked_where_it_is_needed(store: ModelStore, home: Path) -> None:
    """Nothing is served from it, and a version answers sooner without reading it."""
    publish_version(store, "zoe")
    (home / "models" / "1" / KERAS_MODEL).write_bytes(b"damaged")
    assert store.open(1).manifest.version == 1
    with pytest.raises(BrokenModel, match=KERAS_MODEL):
        store.open(1, KERAS_MODEL)


def test_a_file_that_is_missing_is_named(store: ModelStore, home: Path) -> None:
    """The sentence says what to do."""
    publish_version(store, "zoe")
    (home / "models" / "1" / SERVED_MODEL).unlink()
    with pytest.raises(BrokenModel, match=rf"{SERVED_MODEL} of model version 1 is missing\. .*Train again"):
        store.open(1)


# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_landmark_network_that_is_none_breaks_its_version(store: ModelStore, colours: ModelStore) -> None:
    """Its hash is right: the file was no landmark network when it was published. Another network is none either."""
    from tests.colour_model import publish_colours  # noqa: PLC0415 - TensorFlow takes seconds

    for landmarks in (b"", b"no network", colours.path(1, SERVED_MODEL).read_bytes()):
        version = publish_colours(store, MODEL_INPUT_SIZE, landmarks)
        with pytest.raises(BrokenModel, match="landmark network cannot be loaded"):
            load_predictor(store, version)


@pytest.mark.parametrize("text", ["", "{", '{"version": 1}', "[]"])
def test_a_manifest_that_cannot_be_read_is_named(store: ModelStore, home: Path, text: str) -> None:
    """Empty, broken off, or incomplete."""
    publish_version(store, "zoe")
    (home / "models" / "1" / MANIFEST).write_text(text)
    with pytest.raises(BrokenModel, match=f"{MANIFEST} of version 1 cannot be read"):
        store.manifest(1)


def test_a_folder_that_was_copied_to_another_number_is_broken(store: ModelStore, home: Path) -> None:
    """Its manifest speaks of another version."""
    publish_version(store, "zoe")
    (home / "models" / "1").rename(home / "models" / "7")
    with pytest.raises(BrokenModel, match=r"version 7 speaks of version 1\."):
        store.manifest(7)


@pytest.mark.parametrize("version", [0, 2, -1, pytest.param(10**300, id="huge")])
def test_a_version_that_there_is_not_is_unknown(store: ModelStore, version: int) -> None:
    """Whatever number somebody writes into an address."""
    publish_version(store, "zoe")
    with pytest.raises(UnknownModel, match="no model"):
        store.manifest(version)


@pytest.mark.parametrize("text", ["", "newest\n", "\n"])
def test_a_current_that_names_no_number_names_no_version(store: ModelStore, home: Path, text: str) -> None:
    """Then nothing is served, and the versions are there all the same."""
    publish_version(store, "zoe")
    (home / "models" / "current").write_text(text)
    assert (store.current(), store.versions()) == (None, (1,))


def test_every_version_that_knows_a_person_is_removed_with_all_its_files(store: ModelStore, home: Path) -> None:
    """The served one too; those that never knew them stay, and the newest of them is served."""
    for people in (("karan",), ("karan", "zoe"), ("zoe",)):
        publish_version(store, *people)
    assert store.remove_versions_knowing("zoe") == (2, 3)
    assert (store.versions(), store.current()) == ((1,), 1)
    assert [list((home / "models" / number).iterdir()) for number in "23"] == [[], []]
    with pytest.raises(UnknownModel):
        store.manifest(3)


def test_a_rejected_version_is_not_served_in_place_of_a_removed_one(store: ModelStore) -> None:
    """Nor a damaged one; a pin of a removed version goes with it."""
    publish_version(store, "karan")
    publish_version(store, "karan", rejected="It is worse.")
    pinned = publish_version(store, "zoe")
    store.activate(pinned)
    assert store.remove_versions_knowing("zoe") == (3,)
    assert (store.pinned(), store.current()) == (None, 1)


def test_where_all_others_were_rejected_nothing_is_served(store: ModelStore) -> None:
    """Whoever wants one of them can pin it."""
    publish_version(store, "karan", rejected="It is worse.")
    publish_version(store, "zoe")
    store.remove_versions_knowing("zoe")
    assert (store.versions(), store.current()) == ((1,), None)


def test_a_folder_inside_a_version_is_removed_with_it(store: ModelStore, home: Path) -> None:
    """Whoever put it there."""
    version = home / "models" / str(publish_version(store, "zoe"))
    (version / "copies" / "more").mkdir(parents=True)
    (version / "copies" / "more" / "golden-1.png").write_bytes(b"a face")
    (version / "elsewhere").symlink_to(home)
    store.remove_versions_knowing("zoe")
    assert list(version.iterdir()) == []
    assert (home / "models").is_dir()


def test_the_served_version_stays_if_it_does_not_know_the_person(store: ModelStore) -> None:
    """Forgetting somebody does not stop the others from being named."""
    for people in (("zoe",), ("karan",)):
        publish_version(store, *people)
    assert store.remove_versions_knowing("zoe") == (1,)
    assert store.current() == 2


def test_a_damaged_version_is_removed_with_those_that_know_a_person(store: ModelStore, home: Path) -> None:
    """Whom it knows, nobody can tell."""
    publish_version(store, "karan")
    (home / "models" / "1" / MANIFEST).write_text("{")
    assert store.remove_versions_knowing("zoe") == (1,)


def test_the_number_of_a_removed_version_is_never_used_again(store: ModelStore) -> None:
    """A replica that still serves it cannot take another for it."""
    publish_version(store, "zoe")
    store.remove_versions_knowing("zoe")
    assert publish_version(store, "karan") == 2

"""The store of strangers on a real disk."""

from pathlib import Path

import pytest

from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.builders import crop, origin

FETCHED, MARKED = StrangerSource.FETCHED, StrangerSource.MARKED


@pytest.fixture
def store(home: Path) -> StrangerStore:
    """Give an empty store."""
    return StrangerStore(home)


def test_a_store_that_never_held_a_face_is_empty(store: StrangerStore, home: Path) -> None:
    """Reading makes no folder."""
    assert store.faces() == ()
    assert {store.count(source) for source in StrangerSource} == {0}
    assert list(home.iterdir()) == []


def test_faces_are_read_as_they_were_added_by_source_and_id(store: StrangerStore) -> None:
    """A fetched face is the crop itself; a marked one has its origin in the comment."""
    for grey in (9, 8, 7):
        assert store.add(FETCHED, crop(grey), None)
    assert store.add(MARKED, crop(9), origin(1))
    *fetched, marked = store.faces()
    assert {face.jpeg for face in fetched} == {crop(9), crop(8), crop(7)}
    assert [face.face_id for face in fetched] == sorted(face.face_id for face in fetched)
    assert {face.source for face in fetched} == {FETCHED}
    assert [face.origin for face in fetched] == [None] * 3
    assert (marked.source, marked.origin) == (MARKED, origin(1))
    assert [face.path.read_bytes() for face in store.faces()] == [face.jpeg for face in store.faces()]


def test_the_same_face_is_stored_once(store: StrangerStore, home: Path) -> None:
    """Nothing is left beside it."""
    assert store.add(FETCHED, crop(9), None)
    assert not store.add(FETCHED, crop(9), None)
    assert store.count(FETCHED) == 1
    assert len(list((home / "strangers" / "fetched").iterdir())) == 1


def test_the_same_crop_of_the_same_moment_has_one_id_in_both_stores(store: StrangerStore, home: Path) -> None:
    """So that a correction finds what an earlier one stored elsewhere."""
    samples = SampleStore(home)
    samples.register("Zoe")
    samples.add("zoe", Split.TRAIN, crop(9), origin(1), 1)
    store.add(MARKED, crop(9), origin(1))
    assert samples.sample_ids("zoe") == {store.faces()[0].face_id}


def test_one_face_is_removed_once(store: StrangerStore) -> None:
    """The others stay."""
    store.add(FETCHED, crop(9), None)
    store.add(FETCHED, crop(8), None)
    gone = store.faces()[0].face_id
    assert store.remove(FETCHED, gone)
    assert not store.remove(FETCHED, gone)
    assert store.count(FETCHED) == 1


def test_clearing_a_source_leaves_the_other(store: StrangerStore) -> None:
    """It tells how many faces there were."""
    store.add(FETCHED, crop(9), None)
    store.add(FETCHED, crop(8), None)
    store.add(MARKED, crop(9), origin(1))
    assert store.clear(FETCHED) == 2
    assert store.clear(FETCHED) == 0
    assert (store.count(FETCHED), store.count(MARKED)) == (0, 1)


def test_a_file_that_is_not_whole_is_not_seen(store: StrangerStore, home: Path) -> None:
    """Its writer was killed."""
    store.add(FETCHED, crop(9), None)
    (home / "strangers" / "fetched" / ".partial-abc").write_bytes(b"half a pict")
    assert store.count(FETCHED) == len(store.faces()) == 1

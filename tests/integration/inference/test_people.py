"""People in the sample store: their names, and forgetting them."""

import json
from pathlib import Path

import pytest

from familiar.shared.contract.errors import InvalidName, NameTaken, UnknownPerson
from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import SampleStore
from tests.builders import crop, origin


@pytest.fixture
def store(home: Path) -> SampleStore:
    """Give a store that knows Zoe."""
    store = SampleStore(home)
    store.register("Zoe")
    return store


def test_forgetting_somebody_deletes_everything_of_theirs(store: SampleStore, home: Path) -> None:
    """Not one file has their name or lies in a folder of it; others keep theirs."""
    store.register("Karan")
    for person in ("zoe", "karan"):
        store.add(person, Split.TRAIN, crop(9), origin(1), 5)
        store.add(person, Split.TEST, crop(8), origin(2), 5)
    assert store.forget("zoe") == 2
    assert [path for path in home.rglob("*") if "zoe" in path.name.lower()] == []
    assert [person.slug for person in store.people()] == ["karan"]
    assert store.person("karan").train_samples == 1
    with pytest.raises(UnknownPerson):
        store.person("zoe")


def test_somebody_without_samples_can_be_forgotten(store: SampleStore) -> None:
    """There were none; a second time there is nobody."""
    assert store.forget("zoe") == 0
    with pytest.raises(UnknownPerson):
        store.forget("zoe")


def test_a_forgotten_name_is_free_again(store: SampleStore) -> None:
    """For somebody who writes it otherwise, too."""
    store.forget("zoe")
    assert store.register("Zoë").name == "Zoë"


def test_two_people_never_share_a_slug(store: SampleStore) -> None:
    """The sentence has both names, and the first keeps hers."""
    store.register("Zoe K.")
    with pytest.raises(NameTaken, match=r"'Zoë K\.' and 'Zoe K\.' are both written 'zoe-k'"):
        store.register("Zoë K.")
    assert store.person("zoe-k").name == "Zoe K."


@pytest.mark.parametrize("again", ["Zoë K.", "zoë k.", "  Zoë K. ", "zoe-k", "Zoe\u0308 K."])
def test_the_same_name_again_is_the_same_person(store: SampleStore, again: str) -> None:
    """In any case, with blanks around it, as slug, and with its accent written as a letter of its own (macOS)."""
    store.register("Zoë K.")
    assert store.register(again).name == "Zoë K."
    assert len(store.people()) == 2


def test_a_display_name_is_kept_as_it_was_given(store: SampleStore, home: Path) -> None:
    """In UTF-8, readable to whoever looks into the folder."""
    store.register("Zoë K.")
    text = (home / "people" / "zoe-k.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"name": "Zoë K."}
    assert "ë" in text


@pytest.mark.parametrize("name", ["../x", "", "x" * 65, "caf\udce9"])
def test_a_name_that_is_refused_leaves_nothing_behind(store: SampleStore, home: Path, name: str) -> None:
    """Nothing outside the store, and nobody in it; the last is what a terminal of another encoding gives."""
    before = sorted(home.parent.rglob("*"))
    with pytest.raises(InvalidName):
        store.register(name)
    assert sorted(home.parent.rglob("*")) == before


def test_nobody_has_a_name_that_no_file_can_have(store: SampleStore) -> None:
    """A slug from an address may be of any length."""
    with pytest.raises(UnknownPerson):
        store.person("x" * 300)

"""The sample store on a real disk: bounded, idempotent, and readable while it is written."""

import locale
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from familiar.shared.contract.errors import UnknownPerson
from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import Addition, SampleCounts, SampleStore
from familiar.shared.vision.jpeg import with_comment
from tests.builders import NOON, crop, origin

PROCESSES = 3
ADDED_BY_EACH = 25
# Adds samples of its own as fast as it can, as soon as somebody writes a line to it.
ADDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from familiar.shared.contract.messages import Split
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import Addition, SampleStore

home, number, count, most = Path(sys.argv[1]), *map(int, sys.argv[2:])
store = SampleStore(home)
print("ready", flush=True)
sys.stdin.readline()
added = 0
for sequence in range(count):
    now = datetime.now(UTC)
    origin = SampleOrigin(frame_id=f"{number}-{sequence}", camera="door", captured_at=now, enrolment_id="e")
    added += store.add("zoe", Split.TRAIN, b"\\xff\\xd8crop", origin, most) is Addition.ADDED
print(added)
"""


@pytest.fixture
def store(home: Path) -> SampleStore:
    """Give a store that knows Zoe."""
    store = SampleStore(home)
    store.register("Zoe")
    return store


def test_several_processes_that_add_at_once_reach_exactly_the_limit(store: SampleStore, home: Path) -> None:
    """The count is taken and the file written under one lock; who came too late is told that it is full."""
    most = PROCESSES * ADDED_BY_EACH - 20
    adders = [
        subprocess.Popen(
            [sys.executable, "-c", ADDER, str(home), str(number), str(ADDED_BY_EACH), str(most)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for adder in adders:
        assert adder.stdout is not None
        assert adder.stdout.readline() == "ready\n"
    for adder in adders:
        assert adder.stdin is not None
        adder.stdin.write("go\n")
        adder.stdin.flush()
    added = [int(adder.communicate(timeout=30)[0]) for adder in adders]
    assert sum(added) == store.count("zoe", Split.TRAIN) == most


def test_a_name_is_read_whatever_the_locale_says(store: SampleStore) -> None:
    """While LLVM compiles in the same process, that is "C" for moments."""
    store.register("Zoë K.")
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    try:
        assert store.person("zoe-k").name == "Zoë K."
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_the_same_crop_of_the_same_frame_is_stored_once(store: SampleStore) -> None:
    """A frame that is delivered twice adds nothing."""
    assert store.add("zoe", Split.TRAIN, crop(9), origin(1), 5) is Addition.ADDED
    assert store.add("zoe", Split.TRAIN, crop(9), origin(1), 5) is Addition.PRESENT
    assert store.count("zoe", Split.TRAIN) == 1


def test_what_is_there_already_is_present_even_in_a_full_split(store: SampleStore) -> None:
    """It was not turned away."""
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 1)
    assert store.add("zoe", Split.TRAIN, crop(9), origin(1), 1) is Addition.PRESENT
    assert store.add("zoe", Split.TRAIN, crop(8), origin(2), 1) is Addition.FULL


def test_the_limit_holds_for_each_split_by_itself(store: SampleStore) -> None:
    """A full train split leaves room for test samples."""
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 1)
    assert store.add("zoe", Split.TEST, crop(8), origin(2), 1) is Addition.ADDED
    assert (store.person("zoe").train_samples, store.person("zoe").test_samples) == (1, 1)


def test_the_limit_holds_for_each_session_by_itself(store: SampleStore) -> None:
    """What was taken on another day takes nobody's place."""
    another = origin(2).model_copy(update={"enrolment_id": "e2"})
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 1)
    assert store.add("zoe", Split.TRAIN, crop(8), another, 1) is Addition.ADDED
    assert store.add("zoe", Split.TRAIN, crop(7), another.model_copy(update={"frame_id": "3"}), 1) is Addition.FULL
    assert store.count_session("zoe", "e1") == store.count_session("zoe", "e2") == SampleCounts(train=1)


def test_a_sample_is_named_after_its_content_and_keeps_its_origin(store: SampleStore) -> None:
    """It is read back as it was added."""
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 5)
    (sample,) = store.samples("zoe", Split.TRAIN)
    assert sample.origin == origin(1)
    assert store.read("zoe", sample.sample_id) == sample.jpeg == with_comment(crop(9), origin(1).model_dump_json())
    assert store.sample_ids("zoe") == {sample.sample_id}


def test_samples_are_read_in_the_order_in_which_they_were_captured(store: SampleStore) -> None:
    """Not in the order in which they were stored."""
    for seconds in (3, 1, 4, 0, 2):
        store.add("zoe", Split.TRAIN, crop(9), origin(seconds, NOON + timedelta(seconds=seconds)), 9)
    origins = [sample.origin for sample in store.samples("zoe", Split.TRAIN)]
    assert [found.frame_id for found in origins if found] == [f"door-1-{number}" for number in range(5)]


@pytest.mark.parametrize(
    "foreign", [crop(7), with_comment(crop(7), "Created with GIMP"), with_comment(crop(7), '{"frame_id": 1}')]
)
def test_a_picture_that_somebody_put_there_is_a_sample_of_unknown_origin(
    store: SampleStore, home: Path, foreign: bytes
) -> None:
    """It comes first, whatever comment its maker left in it."""
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 5)
    (home / "samples" / "train" / "zoe" / "own.jpg").write_bytes(foreign)
    first, second = store.samples("zoe", Split.TRAIN)
    assert (first.sample_id, first.origin, first.jpeg) == ("own", None, foreign)
    assert second.origin == origin(1)


@pytest.mark.parametrize("name", [".partial-abc", "notes.txt"])
def test_a_file_that_is_not_whole_or_no_sample_is_not_seen(store: SampleStore, home: Path, name: str) -> None:
    """Neither counted nor read: its writer was killed."""
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 5)
    (home / "samples" / "train" / "zoe" / name).write_bytes(b"half a pict")
    assert store.count("zoe", Split.TRAIN) == len(store.samples("zoe", Split.TRAIN)) == 1
    assert len(store.sample_ids("zoe")) == 1


def test_adding_leaves_no_partial_file_behind(store: SampleStore, home: Path) -> None:
    """There is one file for each sample, and none beside."""
    store.add("zoe", Split.TRAIN, crop(9), origin(1), 5)
    (only,) = (home / "samples" / "train" / "zoe").iterdir()
    assert only.suffix == ".jpg"


def test_a_sample_of_somebody_who_is_not_registered_is_not_stored(store: SampleStore, home: Path) -> None:
    """A frame that was still on its way when its person was forgotten brings nobody back."""
    with pytest.raises(UnknownPerson, match="'karan'"):
        store.add("karan", Split.TRAIN, crop(9), origin(1), 5)
    assert not (home / "samples" / "train" / "karan").exists()
    assert [person.slug for person in store.people()] == ["zoe"]

"""In how many sessions, and on how many days, somebody's samples were taken, on a real disk."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from familiar.shared.contract.messages import Split
from familiar.shared.stores.sample_origin import CORRECTION, UNKNOWN_SESSION, SampleOrigin
from familiar.shared.stores.samples import Addition, SampleStore
from tests.builders import NOON, crop, origin

TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
def zoe(store: SampleStore) -> SampleStore:
    """Give a store that knows Zoe."""
    store.register("Zoe")
    return store


def of(enrolment_id: str, number: int, captured_at: datetime = NOON, camera: str | None = "door") -> SampleOrigin:
    """Give the origin of a frame of an enrolment, or of a correction."""
    return origin(number, captured_at).model_copy(update={"enrolment_id": enrolment_id, "camera": camera})


def add(store: SampleStore, *origins: SampleOrigin, split: Split = Split.TRAIN) -> None:
    """Add a sample of Zoe of each origin."""
    for taken in origins:
        assert store.add("zoe", split, crop(9), taken, None) is Addition.ADDED


def sessions_and_days(store: SampleStore) -> tuple[int, int]:
    """Give how many sessions and days Zoe has."""
    known = store.person("zoe")
    return known.sessions, known.days


def test_who_has_no_samples_has_no_session(zoe: SampleStore) -> None:
    """Nor a day."""
    assert sessions_and_days(zoe) == (0, 0)


def test_samples_of_one_enrolment_are_one_session(zoe: SampleStore) -> None:
    """Another enrolment is another one, on the same day or on the next."""
    add(zoe, of("e1", 1), of("e1", 2), of("e2", 3))
    assert sessions_and_days(zoe) == (2, 1)
    add(zoe, of("e3", 4, TOMORROW))
    assert sessions_and_days(zoe) == (3, 2)
    assert zoe.people() == (zoe.person("zoe"),)


def test_test_samples_are_no_session_to_learn_from(zoe: SampleStore) -> None:
    """What counts is on how many days there is something to learn from."""
    add(zoe, of("e1", 1))
    add(zoe, of("e2", 2, TOMORROW), split=Split.TEST)
    assert sessions_and_days(zoe) == (1, 1)


def test_corrections_of_one_camera_and_day_are_one_session(zoe: SampleStore) -> None:
    """Those of another camera, of another day, and those of pictures that came over HTTP are others."""
    add(zoe, *(of(CORRECTION, number, NOON + timedelta(hours=number)) for number in range(3)))
    assert sessions_and_days(zoe) == (1, 1)
    add(zoe, of(CORRECTION, 4, camera="yard"), of(CORRECTION, 5, camera=None), of(CORRECTION, 6, TOMORROW))
    assert sessions_and_days(zoe) == (4, 2)


def test_a_day_is_one_in_utc(zoe: SampleStore) -> None:
    """Half past eleven in the evening is tomorrow where the clock is two hours behind."""
    evening = NOON.replace(hour=23, minute=30, tzinfo=timezone(-timedelta(hours=2)))
    add(zoe, of("e1", 1), of("e2", 2, evening))
    assert sessions_and_days(zoe) == (2, 2)
    add(zoe, of("e3", 3, TOMORROW))
    assert sessions_and_days(zoe) == (3, 2)


def test_samples_of_unknown_origin_are_one_session_and_one_day(zoe: SampleStore, home: Path) -> None:
    """Whoever put them there may have taken them at any time."""
    add(zoe, of("e1", 1))
    for number in range(2):
        (home / "samples" / "train" / "zoe" / f"own-{number}.jpg").write_bytes(crop(number))
    assert sessions_and_days(zoe) == (2, 2)
    assert {sample.session for sample in zoe.samples("zoe", Split.TRAIN)} == {"e1", UNKNOWN_SESSION}


def test_what_others_add_and_delete_is_counted_at_once(zoe: SampleStore, home: Path) -> None:
    """A store remembers where files come from that it has seen, and looks each time which there are."""
    add(zoe, of("e1", 1))
    assert sessions_and_days(zoe) == (1, 1)
    other = SampleStore(home)
    add(other, of("e2", 2, TOMORROW))
    assert sessions_and_days(zoe) == (2, 2)
    other.delete("zoe", next(taken.sample_id for taken in other.samples("zoe", Split.TRAIN) if taken.session == "e1"))
    assert sessions_and_days(zoe) == (1, 1)
    other.forget("zoe")
    zoe.register("Zoe")
    assert sessions_and_days(zoe) == (0, 0)

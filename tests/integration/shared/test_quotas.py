"""Quotas by kind: what would be too much is refused by name, and what is there stays."""

from pathlib import Path

import pytest
import redis

from familiar.shared.contract.errors import TooManyPeople, TooManySamples, TooManyStrangers
from familiar.shared.contract.messages import Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.enrolments import Targets, begin_enrolment, cancel_enrolment
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.samples import Addition, SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.app_client import Site
from tests.builders import crop, origin


@pytest.fixture
def quotas() -> Quotas:
    """Allow two people of three samples each, and two strangers."""
    return Quotas(people=2, samples=3, strangers=2)


@pytest.fixture
def samples(home: Path, quotas: Quotas) -> SampleStore:
    """Give a store with Zoe and Karan."""
    store = SampleStore(home, quotas)
    store.register("Zoe")
    store.register("Karan")
    return store


def test_there_are_no_more_people_than_may_be(samples: SampleStore) -> None:
    """Who is enrolled already is no further one, and with room there is a place for another."""
    assert samples.register("zoe").slug == "zoe"
    with pytest.raises(TooManyPeople):
        samples.register("Bea")
    samples.forget("karan")
    assert samples.register("Bea").slug == "bea"


def test_nobody_has_more_samples_than_may_be(samples: SampleStore) -> None:
    """Train and test samples together; one that is there already is no further one."""
    for number in range(3):
        samples.add("zoe", Split.TEST if number else Split.TRAIN, crop(number * 9), origin(number), None)
    with pytest.raises(TooManySamples):
        samples.add("zoe", Split.TRAIN, crop(99), origin(9), None)
    assert samples.add("zoe", Split.TRAIN, crop(0), origin(0), None) is Addition.PRESENT
    assert samples.add("karan", Split.TRAIN, crop(99), origin(9), None) is Addition.ADDED


def test_there_are_no_more_strangers_than_may_be(home: Path, quotas: Quotas) -> None:
    """Of all sources together."""
    strangers = StrangerStore(home, quotas)
    strangers.add(StrangerSource.FETCHED, crop(1), None)
    strangers.add(StrangerSource.GIVEN, crop(2), None)
    with pytest.raises(TooManyStrangers):
        strangers.add(StrangerSource.MARKED, crop(3), None)
    assert strangers.add(StrangerSource.GIVEN, crop(2), None) is False
    strangers.clear(StrangerSource.FETCHED)
    assert strangers.add(StrangerSource.MARKED, crop(3), None) is True


def test_an_enrolment_that_would_be_too_much_is_refused_before_it_begins(
    client: redis.Redis, samples: SampleStore
) -> None:
    """And registers nobody."""
    samples.forget("karan")
    with pytest.raises(TooManySamples):
        begin_enrolment(client, samples, "door", "Bea", Targets(2, 2))
    assert [person.slug for person in samples.people()] == ["zoe"]
    assert begin_enrolment(client, samples, "door", "Bea", Targets(2, 1)).request.person == "bea"


def test_an_enrolment_that_goes_on_takes_only_what_is_missing(client: redis.Redis, samples: SampleStore) -> None:
    """What it has collected before it was cut short counts once."""
    begun = begin_enrolment(client, samples, "door", "Zoe", Targets(3, 0))
    for number in range(2):
        taken = origin(number, begun.request.requested_at).model_copy(
            update={"enrolment_id": begun.request.enrolment_id}
        )
        samples.add("zoe", Split.TRAIN, crop(number * 9), taken, 3)
    cancel_enrolment(client, samples, "door")
    again = begin_enrolment(client, samples, "door", "Zoe", Targets(3, 0))
    assert again.request.enrolment_id == begun.request.enrolment_id
    assert again.train_samples == 2


def test_over_http_the_answer_names_the_quota(site: Site, client: redis.Redis, samples: SampleStore) -> None:
    """With a sentence that says what to do."""
    assert samples
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    for new, code, setting in (
        ({"name": "Bea", "train": 3, "test": 0}, "too-many-people", "FAMILIAR_MOST_PEOPLE"),
        ({"name": "Zoe"}, "too-many-samples", "FAMILIAR_MOST_SAMPLES"),
    ):
        answer = site.ask("POST", "/v1/enrolments", json={"camera": "door", **new})
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert setting in answer.json()["detail"]

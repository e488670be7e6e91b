"""Enrolments in a real Redis: one at a time on a camera, and the request never changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
import redis

from familiar.shared.contract.enrolment import Enrolment, EnrolmentState, Refusal
from familiar.shared.contract.errors import EnrolmentRunning, UnknownEnrolment
from familiar.shared.contract.messages import Split
from familiar.shared.redis.enrolments import (
    Targets,
    cancel_enrolment,
    count_refusal,
    end_train_stretch,
    erase_enrolments,
    find_enrolment,
    get_enrolment,
    list_enrolments,
    record_samples,
    request_enrolment,
    start_enrolment,
)
from familiar.shared.redis.stream import run_transaction
from familiar.shared.stores.samples import Person, SampleCounts, SampleStore

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def start(
    client: redis.Redis, camera: str = "door", slug: str = "zoe", counts: SampleCounts | None = None
) -> Enrolment:
    """Start collecting 3 train and 2 test samples of somebody, of whom there are some already where that is said."""
    person = Person(slug=slug, name=slug.title(), train_samples=9, test_samples=9, sessions=1, days=1)
    return start_enrolment(client, request_enrolment(camera, person, Targets(3, 2)), counts or SampleCounts())


def record(client: redis.Redis, train_samples: int, test_samples: int, captured_at: datetime = NOON) -> Enrolment:
    """Record how many samples of the enrolment the store holds, and give the enrolment that follows."""
    enrolment = get_enrolment(client, "door")
    counts = SampleCounts(train_samples, test_samples)
    run_transaction(client, lambda pipeline: record_samples(pipeline, enrolment, counts, captured_at))
    return get_enrolment(client, "door")


def get_alone(client: redis.Redis, _store: SampleStore, camera: str) -> Enrolment:
    """Ask Redis alone."""
    return get_enrolment(client, camera)


def test_an_enrolment_that_was_started_is_read_back(client: redis.Redis) -> None:
    """With nothing collected, nothing refused, and train samples due."""
    started = start(client)
    assert find_enrolment(client, "door") == get_enrolment(client, "door") == started
    assert (started.state, started.split) == (EnrolmentState.COLLECTING, Split.TRAIN)
    assert (started.refused, started.train_complete_at) == ({}, None)


def test_samples_that_the_enrolment_has_already_count(client: redis.Redis) -> None:
    """The request names how many there are at the end; it may go on with one that was cut short."""
    assert start(client, counts=SampleCounts(3, 1)).split is Split.TEST
    assert record(client, 3, 2).state is EnrolmentState.COMPLETE


def test_an_enrolment_that_has_all_samples_is_complete_at_once(client: redis.Redis) -> None:
    """Nothing is collected."""
    assert start(client, counts=SampleCounts(3, 2)).state is EnrolmentState.COMPLETE


def test_a_camera_enrols_one_person_at_a_time(client: redis.Redis) -> None:
    """The sentence says whom; that enrolment goes on unchanged."""
    running = start(client)
    with pytest.raises(EnrolmentRunning, match=r"Camera 'door' is enrolling 'Zoe'.*cancel it"):
        start(client, slug="karan")
    assert get_enrolment(client, "door") == running


def test_another_camera_may_enrol_at_the_same_time(client: redis.Redis) -> None:
    """Each camera has its own."""
    both = {start(client).request.camera, start(client, "yard", "karan").request.camera}
    assert {enrolment.request.camera for enrolment in list_enrolments(client)} == both


@pytest.mark.parametrize("complete", [True, False])
def test_an_enrolment_that_has_ended_makes_room_for_the_next(
    client: redis.Redis, store: SampleStore, *, complete: bool
) -> None:
    """Complete or cancelled; nothing of it is left over."""
    start(client)
    run_transaction(client, lambda pipeline: count_refusal(pipeline, "door", Refusal.BLURRED))
    if complete:
        record(client, 3, 2)
    else:
        cancel_enrolment(client, store, "door")
    following = start(client, slug="karan")
    assert (following.request.person, following.train_samples, following.test_samples) == ("karan", 0, 0)
    assert (following.refused, following.train_complete_at) == ({}, None)
    assert following.state is EnrolmentState.COLLECTING


def test_cancelling_ends_the_collecting_and_changes_nothing_else(client: redis.Redis, store: SampleStore) -> None:
    """Samples that are stored stay counted."""
    start(client)
    before = record(client, 2, 0)
    assert cancel_enrolment(client, store, "door") == before.model_copy(update={"cancelled": True})
    assert get_enrolment(client, "door").state is EnrolmentState.CANCELLED


def test_the_end_of_the_train_stretch_makes_test_samples_due(client: redis.Redis, store: SampleStore) -> None:
    """However few train samples there are."""
    start(client)
    assert end_train_stretch(client, store, "door").split is Split.TEST


def test_a_cancelled_enrolment_is_told_of_for_an_hour_and_the_next_one_as_long_as_it_runs(
    client: redis.Redis, store: SampleStore
) -> None:
    """Each upload of photographs leaves one."""
    start(client)
    cancel_enrolment(client, store, "door")
    assert 0 < client.ttl("enrolment:door") <= 3600
    start(client)
    assert client.ttl("enrolment:door") == -1


@pytest.mark.parametrize("ask", [get_alone, cancel_enrolment, end_train_stretch])
def test_a_camera_without_an_enrolment_is_told_of(
    client: redis.Redis, store: SampleStore, ask: Callable[[redis.Redis, SampleStore, str], object]
) -> None:
    """And none comes into being by asking."""
    with pytest.raises(UnknownEnrolment, match="'door'"):
        ask(client, store, "door")
    assert find_enrolment(client, "door") is None
    assert list_enrolments(client) == ()


def test_refusals_are_counted_by_reason(client: redis.Redis) -> None:
    """Each reason by itself."""
    start(client)
    for refusal in (Refusal.BLURRED, Refusal.TOO_SMALL, Refusal.BLURRED):
        run_transaction(client, partial(count_refusal, camera="door", refusal=refusal))
    assert get_enrolment(client, "door").refused == {Refusal.BLURRED: 2, Refusal.TOO_SMALL: 1}


def test_the_time_of_the_last_train_sample_is_kept(client: redis.Redis) -> None:
    """It is when the sample was captured, and later samples leave it alone."""
    start(client)
    assert record(client, 2, 0, NOON).train_complete_at is None
    then = NOON.replace(minute=1)
    assert record(client, 3, 0, then).train_complete_at == then
    assert record(client, 3, 1, NOON.replace(minute=2)).train_complete_at == then


def test_a_sample_that_went_missing_is_collected_again(client: redis.Redis) -> None:
    """The store is the truth: the counts may fall."""
    start(client)
    record(client, 3, 0)
    assert record(client, 2, 0).split is Split.TRAIN


def test_erasing_a_person_takes_their_enrolments_and_leaves_the_others(client: redis.Redis, store: SampleStore) -> None:
    """On every camera."""
    start(client)
    start(client, "yard")
    start(client, "hall", "karan")
    erase_enrolments(client, store, "zoe")
    assert [enrolment.request.person for enrolment in list_enrolments(client)] == ["karan"]

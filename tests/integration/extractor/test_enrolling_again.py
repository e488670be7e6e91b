"""Enrolling somebody again: another session with targets of its own, or the rest of one that was cut short."""

from datetime import UTC, datetime, timedelta

import pytest
import redis

from familiar.services.extractor.frame_worker import FrameWorker
from familiar.shared.contract.enrolment import Enrolment, EnrolmentState
from familiar.shared.contract.messages import Split
from familiar.shared.redis.enrolments import Targets, begin_enrolment, cancel_enrolment, get_enrolment
from familiar.shared.stores.sample_origin import CORRECTION, SampleOrigin
from familiar.shared.stores.samples import SampleCounts, SampleStore
from tests.builders import counts, crop, enrol_zoe, publish_labelled, zoe

TRAIN, TEST = 3, 2


@pytest.fixture
def person(store: SampleStore) -> str:
    """Take Zoe into the store, and give her slug."""
    return store.register("Zoe").slug


def add(store: SampleStore, origin: SampleOrigin, train: int = TRAIN, test: int = TEST) -> None:
    """Add samples of Zoe of this origin, each of another frame."""
    for split, count in ((Split.TRAIN, train), (Split.TEST, test)):
        for number in range(count):
            taken = origin.model_copy(update={"frame_id": f"{origin.enrolment_id}-{split}-{number}"})
            store.add("zoe", split, crop(9), taken, None)


def of(enrolment_id: str, *, days_ago: int = 0, seconds_ago: int = 0, camera: str = "door") -> SampleOrigin:
    """Give the origin of samples that an enrolment took so long ago."""
    captured_at = datetime.now(UTC) - timedelta(days=days_ago, seconds=seconds_ago)
    return SampleOrigin(frame_id="", camera=camera, captured_at=captured_at, enrolment_id=enrolment_id)


def begin(client: redis.Redis, store: SampleStore) -> Enrolment:
    """Begin to enrol Zoe at the door."""
    return enrol_zoe(client, store, TRAIN, TEST)


def collect(client: redis.Redis, worker: FrameWorker, first: int) -> None:
    """Show frames that all differ until the enrolment at the door is over, two at once."""
    for sequence in range(first, first + 40, 2):
        label = get_enrolment(client, "door").label_at(datetime.now(UTC))
        if label is None:
            return
        for number in (sequence, sequence + 1):
            publish_labelled(client, zoe(number), number, label)
        worker.step()


def test_who_is_complete_gets_another_session_of_exactly_the_targets(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """However many samples there were before; a split holds no more than its target of each session."""
    enrolments = []
    for first in (0, 50):
        begin(client, store)
        collect(client, worker, first)
        enrolments.append(get_enrolment(client, "door"))
    one, other = (enrolment.request.enrolment_id for enrolment in enrolments)
    assert one != other
    assert {enrolment.state for enrolment in enrolments} == {EnrolmentState.COMPLETE}
    assert store.count_session("zoe", one) == store.count_session("zoe", other) == SampleCounts(TRAIN, TEST)
    assert counts(store) == (2 * TRAIN, 2 * TEST)
    assert store.person("zoe").sessions == 2


def test_an_enrolment_that_was_cut_short_goes_on_where_it_was(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """Also when Redis has lost it: the store knows."""
    label = begin(client, store).label
    for number in range(2):
        publish_labelled(client, zoe(number), number, label)
    worker.step()
    cancel_enrolment(client, store, "door")
    client.delete("enrolment:door")
    again = begin(client, store)
    assert (again.request.enrolment_id, again.train_samples, again.split) == (label.enrolment_id, 2, Split.TRAIN)
    collect(client, worker, first=10)
    assert counts(store) == (TRAIN, TEST)
    assert get_enrolment(client, "door").state is EnrolmentState.COMPLETE


@pytest.mark.usefixtures("person")
def test_more_can_be_asked_of_the_session_of_today(client: redis.Redis, store: SampleStore) -> None:
    """It is unfinished then."""
    add(store, of("today"))
    more = begin_enrolment(client, store, "door", "Zoe", Targets(TRAIN + 1, TEST, pause_seconds=0))
    assert (more.request.enrolment_id, more.train_samples, more.test_samples) == ("today", TRAIN, TEST)


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    "unfinished",
    [of("yesterday", days_ago=1), of("yard", camera="yard"), of(CORRECTION)],
    ids=["day", "camera", "correction"],
)
def test_another_session_begins(client: redis.Redis, store: SampleStore, unfinished: SampleOrigin) -> None:
    """On another day and before another camera, and corrections are no enrolment: what is there counts for nothing."""
    add(store, unfinished, train=1, test=0)
    begun = begin(client, store)
    assert begun.request.enrolment_id != unfinished.enrolment_id
    assert (begun.train_samples, begun.test_samples, begun.state) == (0, 0, EnrolmentState.COLLECTING)


@pytest.mark.usefixtures("person")
def test_the_newest_session_is_what_is_gone_on_with(client: redis.Redis, store: SampleStore) -> None:
    """An older one that was cut short stays as it is, and so does the newest if it is complete."""
    add(store, of("first", seconds_ago=1), train=1, test=0)
    add(store, of("second"), train=2, test=0)
    assert begin(client, store).request.enrolment_id == "second"
    cancel_enrolment(client, store, "door")
    add(store, of("third"))
    assert begin(client, store).request.enrolment_id not in {"first", "second", "third"}

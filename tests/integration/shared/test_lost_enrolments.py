"""Redis loses its data while somebody is enrolled: the records beside the samples bring the enrolment back."""

import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from familiar.services.extractor.enrolment_restorer import EnrolmentRestorer
from familiar.services.extractor.frame_worker import FrameWorker
from familiar.shared.contract.enrolment import EnrolmentState, OpenEnrolment
from familiar.shared.contract.errors import EnrolmentRunning, UnknownEnrolment
from familiar.shared.contract.messages import Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.enrolment_restoring import restore_enrolments
from familiar.shared.redis.enrolments import (
    Targets,
    begin_enrolment,
    cancel_enrolment,
    end_train_stretch,
    erase_enrolment,
    find_enrolment,
    get_enrolment,
)
from familiar.shared.stores.samples import SampleStore
from tests.app_client import Site
from tests.builders import closed_port, counts, crop, enrol_zoe, origin, publish_labelled, zoe
from tests.serving import wait_until


def lose(client: redis.Redis, store: SampleStore) -> None:
    """Let Redis lose its data, and restore what was open."""
    client.flushall()
    restore_enrolments(client, store)


def collect(store: SampleStore, enrolment_id: str, train: int) -> None:
    """Store train samples of an enrolment."""
    for number in range(train):
        taken = origin(number).model_copy(update={"enrolment_id": enrolment_id})
        store.add("zoe", Split.TRAIN, crop(number), taken, None)


def test_an_open_enrolment_comes_back_with_the_progress_of_the_store(client: redis.Redis, store: SampleStore) -> None:
    """Under its id, and so in its session; whoever looks a second time changes nothing."""
    begun = enrol_zoe(client, store, train=4, test=2)
    collect(store, begun.request.enrolment_id, 3)
    lose(client, store)
    restored = get_enrolment(client, "door")
    assert restored == begun.model_copy(update={"train_samples": 3})
    restore_enrolments(client, store)
    assert get_enrolment(client, "door") == restored


def test_an_enrolment_that_is_lost_as_soon_as_it_is_written_comes_back_all_the_same(
    client: redis.Redis, store: SampleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever restores it is not stopped by that."""
    begun = enrol_zoe(client, store, train=4, test=2)
    write = client.transaction

    def write_and_lose(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - passed on
        write(*arguments, **options)
        client.flushall()

    with monkeypatch.context() as patch:
        patch.setattr(client, "transaction", write_and_lose)
        lose(client, store)
    assert find_enrolment(client, "door") is None
    restore_enrolments(client, store)
    assert get_enrolment(client, "door") == begun


def test_with_all_train_samples_the_pause_begins_anew(client: redis.Redis, store: SampleStore) -> None:
    """When the last one was captured is lost; the splits are apart all the same."""
    begun = begin_enrolment(client, store, "door", "Zoe", Targets(2, 2, pause_seconds=60))
    collect(store, begun.request.enrolment_id, 2)
    lose(client, store)
    restored = get_enrolment(client, "door")
    assert restored.split is Split.TEST
    assert restored.train_complete_at is not None
    assert restored.label_at(restored.train_complete_at) is None


def test_that_the_train_stretch_is_over_is_remembered(client: redis.Redis, store: SampleStore) -> None:
    """However few train samples there are."""
    enrol_zoe(client, store, train=4, test=2)
    end_train_stretch(client, store, "door")
    lose(client, store)
    assert get_enrolment(client, "door").split is Split.TEST


def test_the_record_is_json_that_only_its_owner_reads(client: redis.Redis, store: SampleStore, home: Path) -> None:
    """It holds a name."""
    request = enrol_zoe(client, store, train=4, test=2).request
    (path,) = (home / "enrolments").iterdir()
    assert OpenEnrolment.model_validate_json(path.read_bytes()).request == request
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "end",
    [
        lambda client, store: cancel_enrolment(client, store, "door"),
        lambda client, store: erase_enrolment(client, store, "door"),
        lambda _client, store: store.forget("zoe"),
        lambda client, _store: client.hset("enrolment:door", mapping={"train_samples": 4, "test_samples": 2}),
    ],
    ids=["cancelled", "erased", "forgotten", "complete"],
)
def test_an_enrolment_that_has_ended_never_comes_back(
    client: redis.Redis, store: SampleStore, home: Path, end: Callable[[redis.Redis, SampleStore], object]
) -> None:
    """And leaves no record."""
    enrol_zoe(client, store, train=4, test=2)
    end(client, store)
    restore_enrolments(client, store)
    client.flushall()
    restore_enrolments(client, store)
    assert find_enrolment(client, "door") is None
    assert not list((home / "enrolments").iterdir())


def test_what_was_completed_before_the_loss_is_complete_after_it(client: redis.Redis, store: SampleStore) -> None:
    """Its last sample was stored, and nobody had noted that yet: nothing more is collected."""
    begun = enrol_zoe(client, store, train=2, test=0)
    collect(store, begun.request.enrolment_id, 2)
    lose(client, store)
    assert get_enrolment(client, "door").state is EnrolmentState.COMPLETE


def test_older_data_of_redis_does_not_replace_a_newer_enrolment(client: redis.Redis, store: SampleStore) -> None:
    """A Redis that saves its data from time to time may come back with an enrolment that ended."""
    enrol_zoe(client, store, train=1, test=0)
    cancel_enrolment(client, store, "door")
    older = client.hgetall("enrolment:door")
    newer = begin_enrolment(client, store, "door", "Karan", Targets(4, 2, pause_seconds=0))
    client.delete("enrolment:door")
    client.hset("enrolment:door", mapping=older)  # type: ignore[arg-type]  # redis-py's stubs lack bytes as fields
    restore_enrolments(client, store)
    assert get_enrolment(client, "door") == newer


def test_older_data_from_before_the_clock_was_put_back_is_older_all_the_same(
    client: redis.Redis, store: SampleStore
) -> None:
    """It holds a later time, and does not end the newer enrolment."""
    begun = enrol_zoe(client, store, train=4, test=2)
    ahead = begun.request.requested_at + timedelta(hours=6)
    former = begun.request.model_copy(update={"requested_at": ahead, "enrolment_id": "former"})
    client.delete("enrolment:door")
    client.hset("enrolment:door", mapping={"request": former.model_dump_json(), "cancelled": 1})
    restore_enrolments(client, store)
    assert get_enrolment(client, "door") == begun


def test_an_enrolment_that_could_not_begin_does_not_begin_later(store: SampleStore, home: Path) -> None:
    """Redis was away, and whoever asked was told."""
    away = open_redis(f"redis://127.0.0.1:{closed_port()}/0")
    with pytest.raises(redis.ConnectionError):
        enrol_zoe(away, store, train=4, test=2)
    assert not list((home / "enrolments").glob("*"))


def test_an_enrolment_whose_beginning_was_not_answered_is_not_lost_once_somebody_is_told_of_it(
    client: redis.Redis, store: SampleStore, home: Path
) -> None:
    """Redis began it and its answer was lost: whoever asks again is told that it runs, and it survives Redis."""
    begun = enrol_zoe(client, store, train=4, test=2)
    (record,) = (home / "enrolments").iterdir()
    record.unlink()
    with pytest.raises(EnrolmentRunning):
        enrol_zoe(client, store, train=4, test=2)
    lose(client, store)
    assert get_enrolment(client, "door") == begun


def test_who_cancels_while_redis_is_away_is_told_and_the_enrolment_goes_on(
    client: redis.Redis, store: SampleStore, open_site: Callable[[redis.Redis], Site]
) -> None:
    """By name, over HTTP."""
    begun = enrol_zoe(client, store, train=4, test=2)
    refused = open_site(open_redis(f"redis://127.0.0.1:{closed_port()}/0")).ask("DELETE", "/v1/enrolments/door")
    assert (refused.status_code, refused.json()["code"]) == (503, "redis-unavailable")
    lose(client, store)
    assert get_enrolment(client, "door") == begun


@pytest.mark.parametrize(
    ("request_line", "state"),
    [
        (("GET", "/v1/enrolments/door"), "collecting"),
        (("DELETE", "/v1/enrolments/door"), "cancelled"),
        (("POST", "/v1/enrolments/door/end-train"), "collecting"),
    ],
)
def test_over_http_an_enrolment_is_never_unknown_because_redis_lost_it(
    client: redis.Redis, store: SampleStore, site: Site, request_line: tuple[str, str], state: str
) -> None:
    """Even before the extractor has noticed."""
    begun = enrol_zoe(client, store, train=4, test=2)
    client.flushall()
    answer = site.ask(*request_line)
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert answer.json()["enrolment"]["request"]["enrolment_id"] == begun.request.enrolment_id


def test_a_lost_enrolment_still_occupies_its_camera(client: redis.Redis, store: SampleStore, site: Site) -> None:
    """There is no second session."""
    enrol_zoe(client, store, train=4, test=2)
    client.flushall()
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    refused = site.ask("POST", "/v1/enrolments", json={"camera": "door", "name": "Karan"})
    assert (refused.status_code, refused.json()["code"]) == (409, EnrolmentRunning.code)
    assert site.ask("GET", "/v1/enrolments/yard").json()["code"] == UnknownEnrolment.code


def test_the_extractor_goes_on_to_exactly_the_targets(
    client: redis.Redis, store: SampleStore, worker: FrameWorker
) -> None:
    """With frames that were labelled before the loss and after it, in one session."""
    restorer = EnrolmentRestorer(client, store)
    begun = enrol_zoe(client, store, train=4, test=0)
    for number in range(2):
        publish_labelled(client, zoe(number), number, begun.label)
    worker.step()
    publish_labelled(client, zoe(2), 2, begun.label)
    client.flushall()

    def restored() -> bool:
        announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
        restorer.step()
        worker.step()
        return client.exists("lease:door") == 1 and find_enrolment(client, "door") is not None

    wait_until(restored)
    for number in range(3, 9):
        publish_labelled(client, zoe(number), number, begun.label)

    def worked_through() -> bool:
        worker.step()
        return client.xlen("frames:door") == 0

    wait_until(worked_through)
    assert counts(store) == (4, 0)
    assert get_enrolment(client, "door").state is EnrolmentState.COMPLETE
    assert store.person("zoe").sessions == 1

"""Sightings on a real Redis with a real network: who comes and who leaves is said once."""

from pathlib import Path
from typing import Any

import pytest
import redis

from familiar.services.inference.stream import departures
from familiar.services.inference.stream.departures import say_who_left
from familiar.services.inference.stream.sightings import LEFT_SECONDS, leave
from familiar.shared.people.forget import forget_person
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.colour_crops import BLUE, GREEN, RED
from tests.colour_model import publish_colours
from tests.replicas import Replica, at, names, said, show, sightings, start
from tests.streams import keys_that_hold

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_a_replica_that_lost_a_face_to_another_says_nothing_of_it(client: redis.Redis, replica: Replica) -> None:
    """It was held up for so long that the other took over, and everybody has left meanwhile."""
    slow, quick = replica("slow"), replica("quick")
    for number in range(3):
        show(client, RED, number)
    held_up = slow._consumer.receive(["faces"], 16)
    quick._name_all(quick._consumer.claim("faces", 0))
    say_who_left(client, at(100))
    slow._name_all(held_up)
    assert said(client) == [("came", "rob", 0), ("left", "rob", 0.2)]
    assert len(names(client)) == 3


def test_who_left_is_said_once_however_many_look(client: redis.Redis, replica: Replica) -> None:
    """When the last face is older than leaving takes, and not before."""
    for number in range(3):
        show(client, BLUE, number)
    replica("one").step()
    say_who_left(client, at(0.2 + LEFT_SECONDS))
    assert said(client) == [("came", "bea", 0)]
    for _ in range(3):
        say_who_left(client, at(0.3 + LEFT_SECONDS))
    assert said(client) == [("came", "bea", 0), ("left", "bea", 0.2)]
    came, left = sightings(client)
    assert came.sighting_id == left.sighting_id
    assert (left.track_id, left.camera, left.model_version) == ("t", "door", 1)
    assert client.keys("view*") == []


def test_who_was_seen_before_the_clock_was_put_back_leaves_all_the_same(client: redis.Redis, replica: Replica) -> None:
    """When they were not seen for as long as leaving takes, by the clock as it is now, and not hours later."""
    for number in range(3):
        show(client, BLUE, number)
    replica("one").step()
    back = -6 * 3600.0
    say_who_left(client, at(back))
    say_who_left(client, at(back + LEFT_SECONDS))
    assert said(client) == [("came", "bea", 0)]
    say_who_left(client, at(back + LEFT_SECONDS + 0.1))
    assert said(client) == [("came", "bea", 0), ("left", "bea", back)]
    assert client.keys("view*") == []


def test_a_look_that_is_overtaken_by_a_face_says_nothing(
    client: redis.Redis, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in view changed between reading it and saying who left."""
    for number in range(3):
        show(client, BLUE, number)
    replica("one").step()
    overtaking = iter([True])

    def leave_late(*arguments: Any) -> Any:  # noqa: ANN401 - it passes on what it gets
        if next(overtaking, False):
            show(client, BLUE, 40)
            replica("two").step()
        return leave(*arguments)

    monkeypatch.setattr(departures, "leave", leave_late)
    say_who_left(client, at(4.5))
    assert said(client) == [("came", "bea", 0)]


def test_a_restart_between_came_and_left_loses_and_repeats_nothing(client: redis.Redis, replica: Replica) -> None:
    """The next process knows who is in view, and whom it has announced."""
    for number in range(3):
        show(client, RED, number)
    replica("one").step()
    for number in range(3, 6):
        show(client, RED, number)
    replica("next").step()
    assert said(client) == [("came", "rob", 0)]
    say_who_left(client, at(100))
    assert said(client) == [("came", "rob", 0), ("left", "rob", 0.5)]


def test_nobody_leaves_while_their_faces_wait_for_an_answer(client: redis.Redis, replica: Replica) -> None:
    """Inference was away; time has only come as far as the oldest face that waits, also one that is being answered."""
    for number in range(3):
        show(client, RED, number)
    worker = replica("one")
    worker.step()
    show(client, RED, 20)
    say_who_left(client, at(100))
    taken = worker._consumer.receive(["faces"], 16)
    say_who_left(client, at(100))
    assert said(client) == [("came", "rob", 0)]
    worker._name_all(taken)
    say_who_left(client, at(100))
    assert said(client) == [("came", "rob", 0), ("left", "rob", 2.0)]


def test_an_entry_that_nobody_can_read_only_puts_the_look_off(client: redis.Redis, replica: Replica) -> None:
    """Until it is a dead letter."""
    for number in range(3):
        show(client, RED, number)
    worker = replica("one")
    worker.step()
    client.xadd("faces", {"header": "broken", "payload": ""})
    say_who_left(client, at(100))
    assert said(client) == [("came", "rob", 0)]
    worker.step()
    say_who_left(client, at(100))
    assert said(client)[1:] == [("left", "rob", 0.2)]


def test_somebody_unknown_whose_track_gets_a_name_leaves_and_the_person_comes(
    client: redis.Redis, replica: Replica
) -> None:
    """Once each."""
    worker = replica("one")
    for number in range(20):
        show(client, GREEN if number < 3 else RED, number)
        worker.step()
    events = said(client)
    assert [(event, person) for event, person, _ in events] == [("came", None), ("left", None), ("came", "rob")]
    assert events[0][2] == 0 < events[1][2] < events[2][2]


def test_forgetting_somebody_deletes_their_tracks_and_sightings(client: redis.Redis, home: Path) -> None:
    """No key and no value names them, and who stays in view is not said to have left."""
    store, samples = ModelStore(home), SampleStore(home)
    publish_colours(store)
    samples.register("Rob")
    for number in range(3):
        show(client, RED, number)
    start(client, "one", store).step()
    client.config_set("rdbcompression", "no")
    assert keys_that_hold(client, b"rob") >= {b"sightings", b"track:t", b"view:door"}
    forget_person(client, samples, store, "rob")
    assert keys_that_hold(client, b"rob") == set()
    assert client.keys("track:*") + client.keys("view*") == []
    say_who_left(client, at(100))
    assert said(client) == []


def test_an_answer_from_before_a_forgetting_is_not_written_after_it(
    client: redis.Redis, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The face was just being answered; it goes with all others that wait."""
    store, samples = ModelStore(home), SampleStore(home)
    publish_colours(store)
    samples.register("Rob")
    worker = start(client, "one", store)
    show(client, RED, 0)
    keep = worker._kept.keep
    forgetting = iter([True])

    def keep_late(*arguments: Any) -> None:  # noqa: ANN401 - it passes on what it gets
        if next(forgetting, False):
            forget_person(client, samples, store, "rob")
        keep(*arguments)

    monkeypatch.setattr(worker._kept, "keep", keep_late)
    worker.step()
    assert names(client) == []
    assert keys_that_hold(client, b"rob") == set()

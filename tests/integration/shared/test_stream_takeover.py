"""What a consumer that died left behind, and what Redis forgot, on a real Redis."""

import time
from functools import partial

import pytest
import redis

from familiar.shared.contract.errors import NoModel, UnreadableImage
from familiar.shared.redis.stream import MOST_DELIVERIES, publish, run_transaction
from tests.builders import GROUP, consumer, message, numbers
from tests.streams import fields_of, pending

STREAM = "letters"
DEADLINE_SECONDS = 5.0


def test_what_a_dead_consumer_left_is_claimed_by_another(client: redis.Redis) -> None:
    """With its payload, and once it is completed nothing is left."""
    publish(client, STREAM, message(1), b"picture")
    consumer(client, "dead").receive([STREAM])
    heir = consumer(client, "heir")
    (delivery,) = heir.claim(STREAM, idle_milliseconds=0)
    assert (delivery.message, delivery.payload) == (message(1), b"picture")
    run_transaction(client, lambda pipeline: heir.complete(delivery, pipeline))
    assert (client.xlen(STREAM), pending(client, STREAM, GROUP)) == (0, 0)


def test_nothing_is_claimed_before_it_has_lain_idle_so_long(client: redis.Redis) -> None:
    """A consumer that is only slow keeps its work; one that is silent for longer loses it."""
    publish(client, STREAM, message(1))
    consumer(client, "slow").receive([STREAM])
    heir = consumer(client, "heir")
    assert heir.claim(STREAM, idle_milliseconds=60_000) == []
    until = time.monotonic() + DEADLINE_SECONDS
    while not (claimed := heir.claim(STREAM, idle_milliseconds=100)):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert numbers(claimed) == [1]


def test_an_entry_belongs_to_its_consumer_until_another_claims_or_completes_it(client: redis.Redis) -> None:
    """Also when Redis has lost everything it belongs to nobody."""
    publish(client, STREAM, message(1))
    slow, heir = consumer(client, "slow"), consumer(client, "heir")
    (received,) = slow.receive([STREAM])
    assert (slow.owns(received), heir.owns(received)) == (True, False)
    (claimed,) = heir.claim(STREAM, idle_milliseconds=0)
    assert (slow.owns(received), heir.owns(claimed)) == (False, True)
    run_transaction(client, lambda pipeline: heir.complete(claimed, pipeline))
    assert not heir.owns(claimed)
    client.flushall()
    assert not heir.owns(claimed)


def test_what_nobody_received_yet_is_not_claimed(client: redis.Redis) -> None:
    """It comes by receiving."""
    publish(client, STREAM, message(1))
    reader = consumer(client)
    assert reader.claim(STREAM, idle_milliseconds=0) == []
    assert numbers(reader.receive([STREAM])) == [1]


def test_claimed_entries_come_oldest_first(client: redis.Redis) -> None:
    """In the order in which they were published."""
    for number in (1, 2, 3):
        publish(client, STREAM, message(number))
    consumer(client, "dead").receive([STREAM], count=3)
    assert numbers(consumer(client, "heir").claim(STREAM, idle_milliseconds=0)) == [1, 2, 3]


def lives_through(client: redis.Redis, name: str, deadly: int) -> list[int]:
    """Let a consumer of this name work through what there is until it dies of an entry; tell which it completed."""
    one, completed = consumer(client, name), []
    for delivery in one.claim(STREAM, idle_milliseconds=0) + one.receive([STREAM], count=9):
        one.begin(delivery)
        if delivery.message.model_version == deadly:
            break
        run_transaction(client, partial(one.complete, delivery))
        completed.append(delivery.message.model_version)
    return completed


def test_an_entry_that_kills_its_consumers_is_buried_and_those_around_it_are_not(client: redis.Redis) -> None:
    """It is begun `MOST_DELIVERIES` times; what was delivered with it or later is worked through after that."""
    for number in (1, 2, 3):
        publish(client, STREAM, message(number), b"picture")
    completed = [lives_through(client, f"dead-{number}", deadly=2) for number in range(MOST_DELIVERIES)]
    assert completed == [[1], *[[]] * (MOST_DELIVERIES - 1)]
    publish(client, STREAM, message(4))
    assert lives_through(client, "heir", deadly=2) == [3, 4]
    (letter,) = fields_of(client, "letters:dead")
    assert (letter[b"header"], letter[b"payload"]) == (message(2).model_dump_json().encode(), b"picture")
    assert f"delivered {MOST_DELIVERIES} times" in letter[b"reason"].decode()
    assert (client.xlen(STREAM), pending(client, STREAM, GROUP)) == (0, 0)


def test_entries_that_are_claimed_and_never_begun_are_not_to_blame(client: redis.Redis) -> None:
    """A consumer that loses Redis claims all of its own anew, however often."""
    publish(client, STREAM, message(1))
    reader = consumer(client)
    reader.receive([STREAM])
    for _ in range(3 * MOST_DELIVERIES):
        assert numbers(reader.claim(STREAM, idle_milliseconds=0)) == [1]


def fail(fault: Exception) -> None:
    """Raise it."""
    raise fault


@pytest.mark.parametrize("fault", [MemoryError(), ValueError("odd"), UnreadableImage(), RecursionError(), KeyError(1)])
def test_whatever_an_entry_causes_buries_that_entry_alone(client: redis.Redis, fault: Exception) -> None:
    """With the reason."""
    for number in (1, 2):
        publish(client, STREAM, message(number), b"picture")
    reader = consumer(client)
    first, second = reader.receive([STREAM], count=2)
    with reader.burying(first):
        fail(fault)
    (letter,) = fields_of(client, "letters:dead")
    assert letter[b"payload"] == b"picture"
    assert letter[b"reason"].decode().startswith((type(fault).__name__, "This is not a picture"))
    assert reader.owns(second)
    assert client.xlen(STREAM) == 1


@pytest.mark.parametrize("fault", [redis.ConnectionError(), OSError(28, "disk full"), NoModel()])
def test_an_outage_while_an_entry_is_processed_buries_nothing(client: redis.Redis, fault: Exception) -> None:
    """It is waited for, and the entry comes again."""
    publish(client, STREAM, message(1))
    reader = consumer(client)
    (delivery,) = reader.receive([STREAM])
    with pytest.raises(type(fault)), reader.burying(delivery):
        raise fault
    assert reader.owns(delivery)
    assert not client.exists("letters:dead")


def test_a_pending_entry_that_was_trimmed_is_let_go_of(client: redis.Redis) -> None:
    """Nobody can work through what is not there; the one that is there is claimed."""
    publish(client, STREAM, message(1))
    publish(client, STREAM, message(2))
    consumer(client, "dead").receive([STREAM], count=2)
    client.xtrim(STREAM, maxlen=1, approximate=False)
    assert numbers(consumer(client, "heir").claim(STREAM, idle_milliseconds=0)) == [2]
    assert pending(client, STREAM, GROUP) == 1


def test_receiving_goes_on_after_redis_lost_everything(client: redis.Redis) -> None:
    """The group is made again, and what was published since arrives."""
    reader = consumer(client)
    publish(client, STREAM, message(1))
    reader.receive([STREAM])
    client.flushall()
    publish(client, STREAM, message(2))
    received = reader.receive([STREAM]) + reader.receive([STREAM])
    assert numbers(received) == [2]


def test_claiming_goes_on_after_redis_lost_everything(client: redis.Redis) -> None:
    """An extractor claims as soon as it has its camera again, before it ever receives."""
    reader = consumer(client)
    publish(client, STREAM, message(1))
    reader.receive([STREAM])
    client.flushall()
    publish(client, STREAM, message(2))
    assert reader.claim(STREAM, idle_milliseconds=0) == []
    assert numbers(reader.receive([STREAM]) + reader.receive([STREAM])) == [2]


def test_of_a_stream_that_redis_lost_nothing_is_claimed_and_what_follows_is_received(client: redis.Redis) -> None:
    """Nobody has published to it since, so there is no stream at all."""
    publish(client, STREAM, message(1))
    reader = consumer(client)
    reader.receive([STREAM])
    client.flushall()
    assert reader.claim(STREAM, idle_milliseconds=0) == []
    publish(client, STREAM, message(2))
    assert numbers(reader.receive([STREAM])) == [2]


def test_one_stream_that_was_lost_does_not_hold_up_another(client: redis.Redis) -> None:
    """A camera that was withdrawn takes its group along; the others go on."""
    reader = consumer(client)
    for stream in (STREAM, "others"):
        publish(client, stream, message(1))
    reader.receive([STREAM, "others"])
    client.delete("others")
    publish(client, STREAM, message(2))
    received = reader.receive([STREAM, "others"]) + reader.receive([STREAM, "others"])
    assert numbers(received) == [2]

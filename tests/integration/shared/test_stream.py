"""Streams of a real Redis: what is published arrives once, and nothing that cannot be read stops the rest."""

import time

import pytest
import redis

from familiar.shared.contract.messages import ModelVersion
from familiar.shared.redis.stream import (
    Consumer,
    Delivery,
    drop_oldest,
    dropped_counts,
    newest_id,
    publish,
    read_after,
    run_transaction,
)
from tests.builders import GROUP, consumer, message, numbers
from tests.streams import Fields, append, fields_of, pending

STREAM = "letters"
DEAD = "letters:dead"


def complete(client: redis.Redis, reader: Consumer[ModelVersion], delivery: Delivery[ModelVersion]) -> None:
    """Complete one delivery."""
    run_transaction(client, lambda pipeline: reader.complete(delivery, pipeline))


def dead_letters(client: redis.Redis) -> list[Fields]:
    """Read the fields of all dead letters."""
    return fields_of(client, DEAD)


def test_what_is_published_arrives_with_its_payload(client: redis.Redis) -> None:
    """Bytes are bytes, zeros and all."""
    publish(client, STREAM, message(1), b"\x00\xff\n")
    (delivery,) = consumer(client).receive([STREAM])
    assert (delivery.stream, delivery.message, delivery.payload) == (STREAM, message(1), b"\x00\xff\n")


def test_an_entry_has_exactly_the_fields_header_and_payload(client: redis.Redis) -> None:
    """That is the contract for other languages."""
    publish(client, STREAM, message(1), b"picture")
    (fields,) = fields_of(client, STREAM)
    assert fields == {b"header": message(1).model_dump_json().encode(), b"payload": b"picture"}


def test_entries_arrive_oldest_first_and_at_most_as_many_as_asked_for(client: redis.Redis) -> None:
    """What was published before anybody read is not lost."""
    for number in (1, 2, 3):
        publish(client, STREAM, message(number))
    reader = consumer(client)
    assert numbers(reader.receive([STREAM], count=2)) == [1, 2]
    assert numbers(reader.receive([STREAM], count=2)) == [3]


def test_no_two_members_of_a_group_receive_the_same_entry(client: redis.Redis) -> None:
    """They share the work."""
    publish(client, STREAM, message(1))
    publish(client, STREAM, message(2))
    assert numbers(consumer(client, "one").receive([STREAM])) == [1]
    assert numbers(consumer(client, "two").receive([STREAM])) == [2]


def test_an_entry_stays_until_it_is_completed_and_is_gone_then(client: redis.Redis) -> None:
    """The length of the stream is the backlog, and nothing is left to claim."""
    publish(client, STREAM, message(1))
    reader = consumer(client)
    (delivery,) = reader.receive([STREAM])
    assert (client.xlen(STREAM), pending(client, STREAM, GROUP)) == (1, 1)
    complete(client, reader, delivery)
    assert (client.xlen(STREAM), pending(client, STREAM, GROUP)) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"payload": b"p"}, "no field header"),
        ({"header": message(1).model_dump_json()}, "no field payload"),
        ({"other": b"x"}, "no field header and no field payload"),
        ({"header": b"no json", "payload": b"p"}, "The header is not a ModelVersion"),
        ({"header": b"\xff\xfe", "payload": b"p"}, "The header is not a ModelVersion"),
        ({"header": b'{"model_version": 0}', "payload": b"p"}, "The header is not a ModelVersion"),
    ],
)
def test_an_entry_that_cannot_be_read_is_a_dead_letter_and_the_next_one_arrives(
    client: redis.Redis, fields: dict[str, bytes | str], reason: str
) -> None:
    """With its fields, its id and the reason; it is not in the stream any more, and not pending."""
    entry_id = append(client, STREAM, fields)
    publish(client, STREAM, message(2))
    assert numbers(consumer(client).receive([STREAM], count=10)) == [2]
    (letter,) = dead_letters(client)
    assert reason in letter.pop(b"reason").decode()
    assert letter.pop(b"entry_id") == entry_id
    assert letter == {
        name.encode(): value if isinstance(value, bytes) else value.encode() for name, value in fields.items()
    }
    assert (client.xlen(STREAM), pending(client, STREAM, GROUP)) == (1, 1)


def test_a_buried_delivery_is_a_dead_letter_with_its_payload(client: redis.Redis) -> None:
    """A header that can be read may come with a picture that cannot."""
    publish(client, STREAM, message(1), b"no picture")
    reader = consumer(client)
    (delivery,) = reader.receive([STREAM])
    reader.bury(delivery, "not a picture")
    (letter,) = dead_letters(client)
    assert (letter[b"payload"], letter[b"reason"]) == (b"no picture", b"not a picture")
    assert ModelVersion.model_validate_json(letter[b"header"]) == message(1)
    assert (client.xlen(STREAM), pending(client, STREAM, GROUP)) == (0, 0)


def test_dead_letters_are_kept_for_a_day(client: redis.Redis) -> None:
    """An older one goes with the next, and all of them if none comes."""
    client.xadd(DEAD, {"header": b"a photograph"}, id=f"{int(time.time() * 1000) - 24 * 3_600_000 - 1}-0")
    append(client, STREAM, {"other": b"x"})
    consumer(client).receive([STREAM])
    assert [letter[b"other"] for letter in dead_letters(client)] == [b"x"]
    assert 0 < int(client.ttl(DEAD)) <= 24 * 3600


def test_the_reason_of_a_dead_letter_repeats_nothing_of_it(client: redis.Redis) -> None:
    """It is logged, and what the entry holds may be a name."""
    append(client, STREAM, {"header": b'{"model_version": "Zoe", "Zoe": 1}', "payload": b"Zoe"})
    consumer(client).receive([STREAM])
    (letter,) = dead_letters(client)
    assert b"model_version" in letter[b"reason"]
    assert b"Zoe" not in letter[b"reason"]


def test_dead_letters_are_bounded(client: redis.Redis) -> None:
    """A publisher that only sends rubbish does not fill Redis; the newest are kept."""
    ids = [client.xadd(STREAM, {"rubbish": number}) for number in range(130)]
    assert consumer(client).receive([STREAM], count=130) == []
    letters = dead_letters(client)
    assert len(letters) == 100
    assert letters[-1][b"entry_id"] == ids[-1]


def test_dropping_leaves_the_newest_and_counts_the_rest(client: redis.Redis) -> None:
    """Exactly, and the counts add up."""
    for number in range(1, 6):
        publish(client, STREAM, message(number))
    drop_oldest(client, STREAM, keep=2)
    drop_oldest(client, STREAM, keep=1)
    drop_oldest(client, STREAM, keep=1)
    assert numbers(consumer(client).receive([STREAM], count=10)) == [5]
    assert dropped_counts(client) == {STREAM: 4}


def test_a_bounded_stream_has_exactly_the_newest(client: redis.Redis) -> None:
    """For subscribers: nobody acknowledges there."""
    for number in range(1, 6):
        publish(client, STREAM, message(number), most=3)
    assert [fields[b"header"] for fields in fields_of(client, STREAM)] == [
        message(number).model_dump_json().encode() for number in (3, 4, 5)
    ]


def test_a_subscriber_reads_on_from_where_it_was(client: redis.Redis) -> None:
    """Only what came after, in order."""
    publish(client, STREAM, message(1))
    here = newest_id(client, STREAM)
    publish(client, STREAM, message(2))
    publish(client, STREAM, message(3))
    found = read_after(client, STREAM, here)
    assert [ModelVersion.model_validate_json(fields[b"header"]).model_version for _, fields in found] == [2, 3]


def test_the_newest_id_of_an_empty_stream_is_its_beginning(client: redis.Redis) -> None:
    """What is published next is read."""
    here = newest_id(client, STREAM)
    publish(client, STREAM, message(1))
    assert len(read_after(client, STREAM, here)) == 1

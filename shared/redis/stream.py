"""Redis streams: publishing, consumer groups with at-least-once delivery, and dead letters.

There are two kinds. A work queue is read by one consumer group, and completing an entry deletes it, so that the
stream's length is its backlog. A stream for subscribers is only bounded in length.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import redis
import structlog
from pydantic import ValidationError
from redis.client import Pipeline

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError, MalformedEntry, NoModel
from familiar.shared.contract.messages import Message
from familiar.shared.redis.connection import BLOCK_MILLISECONDS

HEADER = "header"
PAYLOAD = "payload"
MOST_DELIVERIES = 5

DEAD_LETTERS_KEPT = 100
# They hold pictures, which are looked into soon or never.
_DEAD_LETTER_SECONDS = 24 * 3600
_CLAIMED_AT_ONCE = 100
_ABSENT_MILLISECONDS = 3_600_000
# UNBLOCKED is Redis 7's reply to a blocked reader whose stream is deleted, the last one that of XINFO.
_GROUP_IS_LOST = ("NOGROUP", "UNBLOCKED", "no such key")

_log = structlog.get_logger()

MessageT = TypeVar("MessageT", bound=Message)
Fields = dict[bytes, bytes]


@dataclass(frozen=True)
class Delivery(Generic[MessageT]):
    """A stream entry delivered to this consumer and not yet completed."""

    stream: str
    entry_id: bytes
    message: MessageT
    payload: bytes
    claimed: bool = False
    """Whether it was delivered to another consumer before, or to this one in vain."""

    @property
    def published_at(self) -> datetime:
        """When the entry was published, by the Redis server's clock."""
        return datetime.fromtimestamp(int(self.entry_id.partition(b"-")[0]) / 1000, UTC)


def publish(
    client: "redis.Redis | Pipeline", stream: str, message: Message, payload: bytes = b"", most: int | None = None
) -> None:
    """Append a message to a stream, trimmed to the newest `most` entries if given."""
    client.xadd(stream, {HEADER: message.model_dump_json(), PAYLOAD: payload}, maxlen=most, approximate=False)


def drop_oldest(client: redis.Redis, stream: str, keep: int) -> None:
    """Drop all but the newest `keep` entries of a work queue, and count the dropped ones.

    These may include entries in progress, which stay in the queue until they are completed.
    """
    dropped = client.xtrim(stream, maxlen=keep, approximate=False)
    if dropped:
        count_dropped(client, stream, dropped)


def count_dropped(client: redis.Redis, stream: str, dropped: int) -> None:
    """Add to the count of entries dropped unread."""
    client.hincrby(redis_names.DROPPED, stream, dropped)


def dropped_counts(client: redis.Redis) -> dict[str, int]:
    """Return the number of entries dropped unread so far, by stream."""
    counts: dict[Any, Any] = client.hgetall(redis_names.DROPPED)
    return {stream.decode(errors="replace"): int(count) for stream, count in counts.items() if count.isdigit()}


def parse_entry(fields: Fields, message_type: type[MessageT]) -> tuple[MessageT, bytes]:
    """Parse the fields of an entry into its message and payload.

    Raises:
        MalformedEntry: a field is missing, or the header is not the JSON of such a message.
    """
    missing = [field for field in (HEADER, PAYLOAD) if field.encode() not in fields]
    if missing:
        raise MalformedEntry(f"The entry has no field {' and no field '.join(missing)}. {MalformedEntry().detail}")
    try:
        message = message_type.model_validate_json(fields[HEADER.encode()])
    except ValidationError as error:
        # Without what it holds, which may be a name: the reason is logged.
        faults = "; ".join(
            f"{next((part for part in fault['loc'] if part in message_type.model_fields), HEADER)}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise MalformedEntry(f"The header is not a {message_type.__name__}: {faults}") from None
    return message, fields[PAYLOAD.encode()]


def newest_id(client: redis.Redis, stream: str) -> bytes:
    """Return the id of a stream's newest entry, from which to continue reading, or `0` for an empty stream."""
    newest: Any = client.xrevrange(stream, count=1)
    return bytes(newest[0][0]) if newest else b"0"


def has_begun_anew(newest: bytes, after: bytes) -> bool:
    """Return whether a stream whose newest entry is `newest` is another than that of `after`, which ended later.

    Redis has lost its data, and its clock was put back: everything in the stream is new to who waits at `after`.
    """
    return _as_numbers(newest) < _as_numbers(after)


def _as_numbers(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition(b"-")
    return int(milliseconds), int(sequence or 0)


def read_after(client: redis.Redis, stream: str, entry_id: bytes) -> list[tuple[bytes, Fields]]:
    """Return the entries after `entry_id` with their ids, blocking up to `BLOCK_MILLISECONDS` while there are none."""
    answer: Any = client.xread({stream: entry_id}, block=BLOCK_MILLISECONDS)
    return [(found_id, fields) for _stream, entries in answer or () for found_id, fields in entries]


class Consumer(Generic[MessageT]):
    """A member of a consumer group that reads streams of one message type."""

    def __init__(self, client: redis.Redis, group: str, name: str, message_type: type[MessageT]) -> None:
        """Create consumer `name` of `group`; a stream's group is created when it is first read."""
        self._client = client
        self._group = group
        self._name = name
        self._message_type = message_type
        self._joined: set[str] = set()

    def receive(self, streams: Sequence[str], count: int = 1) -> list[Delivery[MessageT]]:
        """Return up to `count` new entries of each stream, oldest first, blocking up to `BLOCK_MILLISECONDS`.

        Malformed entries become dead letters.
        """
        # Of cameras that are gone there are ever more.
        self._joined.intersection_update(streams)
        for stream in streams:
            self._join(stream)
        answer: Any = None
        with self._surviving_a_lost_group():
            answer = self._client.xreadgroup(
                self._group, self._name, dict.fromkeys(streams, ">"), count=count, block=BLOCK_MILLISECONDS
            )
        return [
            delivery
            for stream, entries in answer or ()
            for entry_id, fields in entries
            if (delivery := self._read(stream.decode(), entry_id, fields)) is not None
        ]

    def claim(self, stream: str, idle_milliseconds: int) -> list[Delivery[MessageT]]:
        """Claim entries that were delivered at least that long ago and never completed.

        An entry delivered `MOST_DELIVERIES` times becomes a dead letter: it kills its consumers. Claiming counts no
        delivery; `begin` does, so that only what kills them is counted, and not what waited behind it.
        """
        self._join(stream)
        pending: Any = []
        with self._surviving_a_lost_group():
            self._forget_absent_consumers(stream)
            pending = self._client.xpending_range(
                stream, self._group, min="-", max="+", count=_CLAIMED_AT_ONCE, idle=idle_milliseconds
            )
        deliveries: dict[Any, int] = {entry["message_id"]: entry["times_delivered"] for entry in pending}
        if not deliveries:
            return []
        claimed: Any = []
        with self._surviving_a_lost_group():
            claimed = self._client.xclaim(
                stream, self._group, self._name, idle_milliseconds, list(deliveries), justid=True
            )
        taken = []
        for entry_id, fields in self._find(stream, claimed):
            if deliveries[entry_id] >= MOST_DELIVERIES:
                self._bury(
                    stream, entry_id, fields, f"It was delivered {deliveries[entry_id]} times and never completed."
                )
            elif (delivery := self._read(stream, entry_id, fields, claimed=True)) is not None:
                taken.append(delivery)
        return taken

    def begin(self, delivery: Delivery[MessageT]) -> None:
        """Count a delivery of a claimed entry; call it before the entry is processed.

        The first delivery was counted when the entry was received, for all that were received with it.
        """
        if delivery.claimed:
            self._client.xclaim(delivery.stream, self._group, self._name, 0, [delivery.entry_id])

    @contextmanager
    def burying(self, delivery: Delivery[MessageT]) -> Iterator[None]:
        """Make an entry a dead letter if the `with` block, which processes its content, fails for any reason.

        Nothing but its content is at fault then: an error of Redis, a full disk and a missing model are raised.
        """
        try:
            yield
        except (redis.RedisError, OSError, NoModel):
            raise
        except Exception as error:  # noqa: BLE001 - whatever one entry causes, the next one is not to suffer
            self.bury(
                delivery, error.detail if isinstance(error, FamiliarError) else f"{type(error).__name__}: {error}"
            )

    def owns(self, delivery: Delivery[MessageT]) -> bool:
        """Return whether an entry is still this consumer's: if it was too slow, another one may have claimed it."""
        pending: Any = []
        with self._surviving_a_lost_group():
            pending = self._client.xpending_range(
                delivery.stream,
                self._group,
                min=delivery.entry_id,
                max=delivery.entry_id,
                count=1,
                consumername=self._name,
            )
        return bool(pending)

    def complete(self, delivery: Delivery[MessageT], pipeline: Pipeline) -> None:
        """Queue the acknowledgement and deletion of an entry, in the transaction that publishes its results."""
        pipeline.xack(delivery.stream, self._group, delivery.entry_id)
        pipeline.xdel(delivery.stream, delivery.entry_id)

    def bury(self, delivery: Delivery[MessageT], reason: str) -> None:
        """Move an entry with an unusable payload to the dead letters of its stream, with the reason."""
        fields = {HEADER.encode(): delivery.message.model_dump_json().encode(), PAYLOAD.encode(): delivery.payload}
        self._bury(delivery.stream, delivery.entry_id, fields, reason)

    def _join(self, stream: str) -> None:
        if stream in self._joined:
            return
        try:
            self._client.xgroup_create(stream, self._group, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._joined.add(stream)

    @contextmanager
    def _surviving_a_lost_group(self) -> Iterator[None]:
        """Treat a group lost with Redis' data as an empty read; the next call creates it again."""
        try:
            yield
        except redis.ResponseError as error:
            if not str(error).startswith(_GROUP_IS_LOST):
                raise
            self._joined.clear()

    def _read(
        self, stream: str, entry_id: bytes, fields: Fields, *, claimed: bool = False
    ) -> Delivery[MessageT] | None:
        try:
            message, payload = parse_entry(fields, self._message_type)
        except MalformedEntry as error:
            self._bury(stream, entry_id, fields, error.detail)
            return None
        return Delivery(stream, entry_id, message, payload, claimed)

    def _bury(self, stream: str, entry_id: bytes, fields: Fields, reason: str) -> None:
        _log.warning("dead letter", stream=stream, entry_id=entry_id.decode(), reason=reason)
        letter: dict[Any, Any] = {**fields, "reason": reason, "entry_id": entry_id}

        dead = redis_names.dead(stream)
        oldest_kept = int((time.time() - _DEAD_LETTER_SECONDS) * 1000)

        def move(pipeline: Pipeline) -> None:
            pipeline.xtrim(dead, minid=oldest_kept, approximate=False)
            pipeline.xadd(dead, letter, maxlen=DEAD_LETTERS_KEPT, approximate=False)
            pipeline.expire(dead, _DEAD_LETTER_SECONDS)
            pipeline.xack(stream, self._group, entry_id)
            pipeline.xdel(stream, entry_id)

        run_transaction(self._client, move)

    def _forget_absent_consumers(self, stream: str) -> None:
        """Delete consumers without pending entries that are long idle: each process has a new name."""
        consumers: list[Any] = self._client.xinfo_consumers(stream, self._group)
        for consumer in consumers:
            if not consumer["pending"] and consumer["idle"] > _ABSENT_MILLISECONDS:
                self._client.xgroup_delconsumer(stream, self._group, consumer["name"])

    def _find(self, stream: str, entry_ids: list[bytes]) -> Iterator[tuple[bytes, Fields]]:
        """Read entries; those trimmed from the stream meanwhile cannot be processed, and are acknowledged."""
        for entry_id in entry_ids:
            found: Any = self._client.xrange(stream, entry_id, entry_id)
            if found:
                yield entry_id, found[0][1]
            else:
                self._client.xack(stream, self._group, entry_id)


def run_transaction(client: redis.Redis, queue_commands: Callable[[Pipeline], None]) -> list[Any]:
    """Run the commands that `queue_commands` queues as one transaction, and return their replies."""
    with client.pipeline(transaction=True) as pipeline:
        queue_commands(pipeline)
        return list(pipeline.execute())

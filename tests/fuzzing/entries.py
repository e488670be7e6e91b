"""Odd entries of a work queue: each is processed or a dead letter, and so is the good one behind them, in time."""

import time
from collections.abc import Callable, Sequence

import redis

from familiar.shared.contract import redis_names
from tests.fuzzing.door import Fault, Outcome
from tests.fuzzing.services import PATIENCE_SECONDS
from tests.streams import append, fields_of

# Entries are written so many at a time, and waited for together.
AT_ONCE = 10


def fates_of(
    client: redis.Redis, stream: str, odd: Sequence[dict[bytes, bytes]], publish_good: Callable[[], object]
) -> list[Outcome]:
    """Write odd entries and a good one, and give what became of the odd ones, the dead letters first.

    Raises:
        Fault: one of them stops the queue, is lost without a reason, or takes the good one along.
    """
    client.delete(redis_names.dead(stream))
    for fields in odd:
        append(client, stream, fields)
    publish_good()
    wait_until_empty(client, stream)
    letters = fields_of(client, redis_names.dead(stream))
    if not all(letter.get(b"reason") for letter in letters):
        raise Fault("a dead letter has no reason")
    if len(letters) > len(odd):
        raise Fault("the good entry became a dead letter")
    return [Outcome.REFUSED] * len(letters) + [Outcome.ACCEPTED] * (len(odd) - len(letters))


def wait_until_empty(client: redis.Redis, stream: str) -> None:
    """Wait until a work queue is worked through.

    Raises:
        Fault: it is not, in time.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while client.xlen(stream):
        if time.monotonic() > until:
            raise Fault(f"{stream} is not worked through: {client.xlen(stream)} entries are left")
        time.sleep(0.002)

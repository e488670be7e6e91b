"""What a real Redis holds, read with the types that it has: redis-py's are those of any client and any command."""

from collections.abc import Mapping
from typing import Any

import redis

Fields = dict[bytes, bytes]


def entries(client: redis.Redis, stream: str) -> list[tuple[bytes, Fields]]:
    """Read all entries of a stream, oldest first, each with its id."""
    found: Any = client.xrange(stream)
    return list(found)


def fields_of(client: redis.Redis, stream: str) -> list[Fields]:
    """Read the fields of all entries of a stream, oldest first."""
    return [fields for _, fields in entries(client, stream)]


def append(client: redis.Redis, stream: str, fields: Mapping[Any, bytes | str]) -> bytes:
    """Append an entry that need not be a message, and give its id."""
    entry_id: Any = client.xadd(stream, dict(fields))
    return bytes(entry_id)


def pending(client: redis.Redis, stream: str, group: str) -> int:
    """Count what was delivered to a group and not acknowledged."""
    summary: Any = client.xpending(stream, group)
    return int(summary["pending"])


def keys_that_hold(client: redis.Redis, word: bytes) -> set[bytes]:
    """Find the keys in whose values a word stands, in small letters or large ones."""
    return {key for key in client.scan_iter() if word in (client.dump(key) or b"").lower()}

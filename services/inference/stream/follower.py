"""Follows streams of Redis for endless answers: without a thread, over Redis' absences, until the server stops."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import redis
import redis.asyncio

from familiar.shared.redis.connection import BLOCK_MILLISECONDS, trouble_of
from familiar.shared.redis.stream import Fields

_ENTRIES_AT_ONCE = 100
_TROUBLE_PAUSE_SECONDS = 0.5


class StreamFollower:
    """Reads on in streams, for any number of listeners of one event loop."""

    def __init__(self, client: redis.asyncio.Redis, stopping: threading.Event) -> None:
        """Follow streams of `client`; once `stopping` is set, every following ends within a second."""
        self.client = client
        self._stopping = stopping

    async def newest_id(self, stream: str) -> bytes:
        """Give the id of a stream's newest entry, to read on from there; of an empty stream, its beginning.

        Raises:
            redis.RedisError: Redis is away.
        """
        newest: Any = await self.client.xrevrange(stream, count=1)
        return bytes(newest[0][0]) if newest else b"0"

    async def tail(self, stream: str, after: bytes) -> AsyncIterator[list[tuple[bytes, Fields]]]:
        """Give the entries that come after an id, with their ids, as many as there are: none after an idle second.

        Entries that are no longer kept are passed over. While Redis is away, nothing comes.
        """
        while not self._stopping.is_set():
            entries = await self._read(stream, after)
            yield entries
            if entries:
                after = entries[-1][0]

    async def _read(self, stream: str, after: bytes) -> list[tuple[bytes, Fields]]:
        try:
            answer: Any = await self.client.xread({stream: after}, count=_ENTRIES_AT_ONCE, block=BLOCK_MILLISECONDS)
        except redis.RedisError as error:
            # The other loops of this process say that Redis is away.
            if trouble_of(error) is None:
                raise
            await asyncio.sleep(_TROUBLE_PAUSE_SECONDS)
            return []
        return [entry for _stream, entries in answer or () for entry in entries]

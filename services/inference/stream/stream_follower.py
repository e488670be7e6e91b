"""Follows Redis streams for endless answers: without a thread, across outages, until the server stops."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import redis
import redis.asyncio

from familiar.shared.redis.connection import BLOCK_MILLISECONDS, trouble_of
from familiar.shared.redis.foreign_values import is_refused_for_a_foreign_value
from familiar.shared.redis.stream import Fields, has_begun_anew

_ENTRIES_AT_ONCE = 100
_TROUBLE_PAUSE_SECONDS = 0.5


class StreamFollower:
    """Reader of streams for any number of listeners on one event loop."""

    def __init__(self, client: redis.asyncio.Redis, stopping: threading.Event) -> None:
        """Follow streams of `client`; once `stopping` is set, every `tail` ends within a second."""
        self.client = client
        self._stopping = stopping

    async def newest_id(self, stream: str) -> bytes:
        """Return the id of a stream's newest entry, to read on from there, or of its beginning if it is empty.

        Raises:
            redis.RedisError: Redis is away.
        """
        newest: Any = await self.client.xrevrange(stream, count=1)
        return bytes(newest[0][0]) if newest else b"0"

    async def tail(self, stream: str, after: bytes) -> AsyncIterator[list[tuple[bytes, Fields]]]:
        """Yield the entries after an id, with their ids, in batches; an empty batch after an idle second.

        Entries that are no longer kept are skipped. While Redis is down, batches are empty. Where it comes back without
        its data, and the stream with smaller ids, all of the new one is read.
        """
        while not self._stopping.is_set():
            try:
                entries = await self._read(stream, after)
                if not entries and has_begun_anew(await self.newest_id(stream), after):
                    after = b"0"
            except redis.RedisError as error:
                # The other loops of this process log an outage, and delete a foreign value in the stream's place.
                if trouble_of(error) is None and not is_refused_for_a_foreign_value(error):
                    raise
                await asyncio.sleep(_TROUBLE_PAUSE_SECONDS)
                entries = []
            yield entries
            if entries:
                after = entries[-1][0]

    async def _read(self, stream: str, after: bytes) -> list[tuple[bytes, Fields]]:
        answer: Any = await self.client.xread({stream: after}, count=_ENTRIES_AT_ONCE, block=BLOCK_MILLISECONDS)
        return [entry for _stream, entries in answer or () for entry in entries]

"""Follows Redis streams for endless answers: each once for all listeners, across outages, until the server stops."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import redis
import redis.asyncio

from familiar.shared.redis.connection import BLOCK_MILLISECONDS, trouble_of
from familiar.shared.redis.foreign_values import is_refused_for_a_foreign_value
from familiar.shared.redis.stream import Fields, has_begun_anew

_ENTRIES_AT_ONCE = 100
_TROUBLE_PAUSE_SECONDS = 0.5
# For listeners that are slower than the stream, or only now begin to listen.
_ENTRIES_KEPT = 1000

Entry = tuple[bytes, Fields]


class StreamFollower:
    """Reader of streams for any number of listeners on one event loop."""

    def __init__(self, client: redis.asyncio.Redis, stopping: threading.Event) -> None:
        """Follow streams of `client`; once `stopping` is set, every `tail` ends within a second."""
        self.client = client
        self._stopping = stopping
        self._readers: dict[str, _Reader] = {}

    async def newest_id(self, stream: str) -> bytes:
        """Return the id of a stream's newest entry, to read on from there, or of its beginning if it is empty.

        Raises:
            redis.RedisError: Redis is away.
        """
        return await _newest_id(self.client, stream)

    async def tail(self, stream: str, after: bytes) -> AsyncIterator[list[Entry]]:
        """Yield the entries after an id, with their ids, in batches; an empty batch after an idle second.

        Entries that are no longer kept are skipped. While Redis is down, batches are empty. Where it comes back without
        its data, and the stream with smaller ids, all of the new one is read.
        """
        with self._reader(stream) as reader:
            while reader.newest is None and not self._stopping.is_set():
                await reader.wait()
                yield []
            position, newest = reader.position, reader.newest or b"0"
            if has_begun_anew(newest, after):
                after = b"0"
            while after != newest and not self._stopping.is_set():
                entries = await self._read_between(stream, after, newest)
                yield entries
                after = entries[-1][0] if entries else newest
            while not self._stopping.is_set():
                entries = await reader.entries_from(position)
                position = reader.position
                yield entries

    async def _read_between(self, stream: str, after: bytes, newest: bytes) -> list[Entry]:
        """Return the first entries after an id up to another, once Redis answers."""
        while not self._stopping.is_set():
            try:
                entries: Any = await self.client.xrange(stream, b"(" + after, newest, count=_ENTRIES_AT_ONCE)
            except redis.RedisError as error:
                await _wait_out(error)
            else:
                return list(entries)
        return []

    @contextmanager
    def _reader(self, stream: str) -> Iterator["_Reader"]:
        """Give the reader of a stream, which reads as long as anybody listens."""
        reader = self._readers.get(stream)
        if reader is None:
            reader = self._readers[stream] = _Reader(self.client, stream)
        reader.listen()
        try:
            yield reader
        finally:
            if reader.leave() == 0:
                del self._readers[stream]


class _Reader:
    """Reads the new entries of one stream, and wakes its listeners with them, and once in an idle second."""

    def __init__(self, client: redis.asyncio.Redis, stream: str) -> None:
        self._client = client
        self._stream = stream
        self._listeners = 0
        self._entries: deque[Entry] = deque(maxlen=_ENTRIES_KEPT)
        self._awoken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.newest: bytes | None = None
        """The id of the newest entry that was read or passed over; None until Redis has told it."""
        self.position = 0
        """How many entries were read."""

    def listen(self) -> None:
        """Count a listener, and begin to read with the first."""
        self._listeners += 1
        self._task = self._task or asyncio.create_task(self._run())

    def leave(self) -> int:
        """Count a listener out, stop reading with the last, and return how many are left."""
        self._listeners -= 1
        if self._task and not self._listeners:
            self._task.cancel()
        return self._listeners

    async def wait(self) -> None:
        """Wait until something was read, or a second has passed.

        Raises:
            redis.RedisError: reading has failed, and not because Redis is away.
        """
        await self._awoken.wait()
        if self._task and self._task.done():
            self._task.result()

    async def entries_from(self, position: int) -> list[Entry]:
        """Return the entries from a position on that are still kept; none after an idle second."""
        if position == self.position:
            await self.wait()
        missed = self.position - position
        return list(islice(self._entries, max(0, len(self._entries) - missed), None))

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._read()
                except redis.RedisError as error:
                    await _wait_out(error)
                self._wake()
        finally:
            self._wake()

    async def _read(self) -> None:
        if self.newest is None:
            self.newest = await _newest_id(self._client, self._stream)
            return
        answer: Any = await self._client.xread(
            {self._stream: self.newest}, count=_ENTRIES_AT_ONCE, block=BLOCK_MILLISECONDS
        )
        entries = [entry for _stream, entries in answer or () for entry in entries]
        if entries:
            self._entries.extend(entries)
            self.position += len(entries)
            self.newest = entries[-1][0]
        elif has_begun_anew(await _newest_id(self._client, self._stream), self.newest):
            self.newest = b"0"

    def _wake(self) -> None:
        self._awoken.set()
        self._awoken = asyncio.Event()


async def _newest_id(client: redis.asyncio.Redis, stream: str) -> bytes:
    newest: Any = await client.xrevrange(stream, count=1)
    return bytes(newest[0][0]) if newest else b"0"


async def _wait_out(error: redis.RedisError) -> None:
    """Pause where Redis is away; the other loops of this process log that, and delete values of foreign types.

    Raises:
        redis.RedisError: it is something else.
    """
    if trouble_of(error) is None and not is_refused_for_a_foreign_value(error):
        raise error
    await asyncio.sleep(_TROUBLE_PAUSE_SECONDS)

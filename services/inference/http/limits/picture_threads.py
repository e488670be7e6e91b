"""The threads that decode pictures and find faces: one for each core, with a bounded queue before them."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from familiar.shared.contract.errors import Busy

# About a second of crops on two cores. Whoever would wait longer is told to come again.
MOST_WAITING = 200

Result = TypeVar("Result")


class PictureThreads:
    """A thread pool as large as there are cores, since more would only contend for them."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        """Create the pool, a context manager; at most `most_waiting` calls are in progress or wait."""
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, "picture")
        self._most_waiting = most_waiting
        self._waiting = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a thread, and return its result. Called from one event loop only.

        Raises:
            Busy: too many calls wait already.
        """
        if self._waiting >= self._most_waiting:
            raise Busy
        self._waiting += 1
        future = self._threads.submit(work)
        # Not in `finally`: whoever leaves early does not make the work go away.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._count_down))
        return await asyncio.wrap_future(future)

    def _count_down(self) -> None:
        self._waiting -= 1

    def __enter__(self) -> Self:
        """Start nothing: threads start with the first calls."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the calls in progress, and end the threads."""
        self._threads.shutdown()

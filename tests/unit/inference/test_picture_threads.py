"""The threads of pictures: a bounded queue, which is free again when its work is done."""

import asyncio
import threading

import pytest

from familiar.services.inference.http.limits.picture_threads import PictureThreads
from familiar.shared.contract.errors import Busy

DEADLINE_SECONDS = 10.0


def test_more_than_may_wait_are_told_to_come_again() -> None:
    """Those that wait are answered, and then there is room again."""

    async def story() -> None:
        free = threading.Event()
        with PictureThreads(most_waiting=4) as threads:
            waiting = [asyncio.create_task(threads.run(lambda: free.wait(DEADLINE_SECONDS))) for _ in range(4)]
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                await threads.run(lambda: True)
            free.set()
            assert await asyncio.gather(*waiting) == [True] * 4
            assert await threads.run(lambda: "done") == "done"

    asyncio.run(asyncio.wait_for(story(), DEADLINE_SECONDS))


def test_whoever_leaves_early_takes_up_room_until_the_work_is_done() -> None:
    """Else clients that send and leave could queue without end."""

    async def story() -> None:
        free = threading.Event()
        with PictureThreads(most_waiting=1) as threads:
            gone = asyncio.create_task(threads.run(lambda: free.wait(DEADLINE_SECONDS)))
            await asyncio.sleep(0.05)
            gone.cancel()
            await asyncio.sleep(0)
            with pytest.raises(Busy):
                await threads.run(lambda: True)
            free.set()
            while True:
                try:
                    assert await threads.run(lambda: True)
                except Busy:
                    await asyncio.sleep(0.01)
                else:
                    return

    asyncio.run(asyncio.wait_for(story(), DEADLINE_SECONDS))


def test_what_the_work_raises_is_raised() -> None:
    """A broken picture stays a broken picture."""

    def broken() -> None:
        raise ValueError("broken")

    async def story() -> None:
        with PictureThreads() as threads, pytest.raises(ValueError, match="broken"):
            await threads.run(broken)

    asyncio.run(asyncio.wait_for(story(), DEADLINE_SECONDS))

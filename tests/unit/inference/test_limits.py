"""Backpressure: what exceeds a limit is refused at once, and what was held is given back."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from familiar.services.inference.http.limits.in_progress import LimitInProgress, Limits
from familiar.shared.contract.errors import Busy, SlowRequest

DEADLINE_SECONDS = 10.0
LIMITS = Limits(requests=2, streams=1, body_bytes=100, body_seconds=0.1)


@dataclass
class Door:
    """An application that reads bodies, and answers once it may."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    inside: int = 0
    refused: list[Exception] = field(default_factory=list)

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body, wait, and answer 200."""
        self.inside += 1
        try:
            while (await receive()).get("more_body"):
                pass
        except (Busy, SlowRequest) as error:
            self.refused.append(error)
            return
        await self.open.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Answered:
    """What a client got."""

    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        self.messages.append(message)

    @property
    def status(self) -> int:
        """The status."""
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        """The headers."""
        return dict(self.messages[0]["headers"])

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document."""
        return dict(json.loads(self.messages[1]["body"]))


def sends(*parts: bytes, ends: bool = True) -> Receive:
    """Give what receives these parts of a body; one without an end waits for ever behind them."""
    waiting = list(parts)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting) or not ends}

    return receive


def scope(path: str) -> Scope:
    """Give a request's scope."""
    return {"type": "http", "path": path, "method": "POST", "headers": []}


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run to the end, but not for ever."""
    asyncio.run(asyncio.wait_for(story(), DEADLINE_SECONDS))


async def until(true: Callable[[], bool]) -> None:
    """Let others run until something is true."""
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0)
    pytest.fail("it did not come true")


async def ask(limited: LimitInProgress, path: str, receive: Receive | None = None) -> Answered:
    """Ask, and give the answer."""
    answered = Answered()
    await limited(scope(path), receive or sends(b""), answered.send)
    return answered


@pytest.mark.parametrize(("path", "most"), [("/v1/people", 2), ("/v1/predictions/stream", 1)])
def test_one_more_than_the_most_is_told_to_come_again(path: str, most: int) -> None:
    """With a problem document and Retry-After; those inside are answered."""

    async def story() -> None:
        door = Door()
        limited = LimitInProgress(door, LIMITS)
        inside = [asyncio.create_task(ask(limited, path)) for _ in range(most)]
        await until(lambda: door.inside == most)
        refused = await ask(limited, path)
        assert (refused.status, refused.problem["code"]) == (503, "busy")
        assert refused.headers[b"retry-after"] == b"1"
        door.open.set()
        assert [(await task).status for task in inside] == [200] * most
        assert (await ask(limited, path)).status == 200

    run(story)


def test_health_is_told_however_busy_it_is() -> None:
    """Whoever restarts what does not answer must not restart what is busy."""

    async def story() -> None:
        door = Door()
        limited = LimitInProgress(door, LIMITS)
        tasks = [asyncio.create_task(ask(limited, "/v1/people")) for _ in range(2)]
        await until(lambda: door.inside == 2)
        health = asyncio.create_task(ask(limited, "/healthz"))
        await until(lambda: door.inside == 3)
        door.open.set()
        assert [(await task).status for task in (*tasks, health)] == [200] * 3

    run(story)


def test_streams_leave_room_for_requests_and_requests_for_streams() -> None:
    """A page that watches cameras does not keep others from asking."""

    async def story() -> None:
        door = Door()
        limited = LimitInProgress(door, LIMITS)
        paths = ("/v1/sightings/stream", "/v1/people", "/v1/people")
        tasks = [asyncio.create_task(ask(limited, path)) for path in paths]
        await until(lambda: door.inside == 3)
        door.open.set()
        assert [(await task).status for task in tasks] == [200] * 3

    run(story)


def test_bodies_share_a_number_of_bytes_and_give_them_back() -> None:
    """The one that would exceed it is refused, whatever the size that it announced."""

    async def story() -> None:
        door = Door()
        limited = LimitInProgress(door, LIMITS)
        first = asyncio.create_task(ask(limited, "/v1/predictions", sends(b"x" * 60)))
        await until(lambda: door.inside == 1)
        await ask(limited, "/v1/predictions", sends(b"x" * 30, b"x" * 30))
        assert [type(error) for error in door.refused] == [Busy]
        door.open.set()
        await first
        assert (await ask(limited, "/v1/predictions", sends(b"x" * 50, b"x" * 50))).status == 200

    run(story)


def test_a_body_that_does_not_arrive_in_time_is_given_up() -> None:
    """And its place is free again."""

    async def story() -> None:
        door = Door()
        door.open.set()
        limited = LimitInProgress(door, LIMITS)
        for _ in range(5):
            await ask(limited, "/v1/predictions", sends(b"x" * 50, ends=False))
        assert [type(error) for error in door.refused] == [SlowRequest] * 5
        assert (await ask(limited, "/v1/predictions", sends(b"x" * 90))).status == 200

    run(story)

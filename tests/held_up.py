"""Holding a thread up in the middle of its work, for what happens meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.serving import DEADLINE_SECONDS


@contextmanager
def held_up(owner: Any, method: str, patch: pytest.MonkeyPatch) -> Iterator[threading.Event]:  # noqa: ANN401 - any object
    """Hold whoever calls a method up after its work, until the end of the block; the event tells that somebody is."""
    work, arrived, released = getattr(owner, method), threading.Event(), threading.Event()

    def work_and_wait(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - it passes on what it gets
        result = work(*arguments, **options)
        arrived.set()
        released.wait(DEADLINE_SECONDS)
        return result

    with patch.context() as patched:
        patched.setattr(owner, method, work_and_wait)
        try:
            yield arrived
        finally:
            released.set()

"""A fixed number of things that only one thread may use at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, TypeVar

MemberT = TypeVar("MemberT")


class Pool(Generic[MemberT]):
    """Lends its members to threads; who comes when all are lent waits."""

    def __init__(self, members: Iterable[MemberT]) -> None:
        """Hold the members, all of them free."""
        self._free: SimpleQueue[MemberT] = SimpleQueue()
        for member in members:
            self._free.put(member)

    @contextmanager
    def lend(self) -> Iterator[MemberT]:
        """Lend a member for as long as the `with` block lasts."""
        member = self._free.get()
        try:
            yield member
        finally:
            self._free.put(member)

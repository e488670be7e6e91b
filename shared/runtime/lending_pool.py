"""A pool of objects that are not thread-safe."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, TypeVar

MemberT = TypeVar("MemberT")


class Pool(Generic[MemberT]):
    """A fixed pool whose members are lent to one thread at a time; threads block while all are lent."""

    def __init__(self, members: Iterable[MemberT]) -> None:
        self._free: SimpleQueue[MemberT] = SimpleQueue()
        for member in members:
            self._free.put(member)

    @contextmanager
    def lend(self) -> Iterator[MemberT]:
        """Lend a member for the duration of the `with` block."""
        member = self._free.get()
        try:
            yield member
        finally:
            self._free.put(member)

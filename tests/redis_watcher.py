"""One user of Redis more, who may look into everything for the tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from familiar.shared.redis.acl import ACCESS, Access

WATCHER = "watcher"


@contextmanager
def a_watcher_in_redis() -> Iterator[None]:
    """Let every Redis that is started meanwhile have that user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ACCESS, WATCHER, Access(("@all",), reads_and_writes=("*",), channels=("*",)))
        yield

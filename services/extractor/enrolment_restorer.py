"""Restores enrolments in the extractor, which fulfils them and is always there while one can make progress."""

import time

import redis

from familiar.shared.redis.enrolment_restoring import restore_enrolments
from familiar.shared.stores.samples import SampleStore

LOOK_EVERY_SECONDS = 1.0


class EnrolmentRestorer:
    """Restorer of the enrolments that Redis has lost."""

    def __init__(self, client: redis.Redis, store: SampleStore) -> None:
        self._client = client
        self._store = store
        self._looked_at = 0.0

    def step(self) -> None:
        """Look for lost enrolments, at most once a second."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
            restore_enrolments(self._client, self._store)
            self._looked_at = time.monotonic()

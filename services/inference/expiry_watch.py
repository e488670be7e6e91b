"""The edge that deletes what has expired, every ten minutes."""

import threading
from datetime import UTC, datetime

import redis
import structlog

from familiar.shared.people.retention import expire
from familiar.shared.redis.connection import keep_going
from familiar.shared.runtime.settings import RetentionSettings
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore

EVERY_SECONDS = 600.0

_log = structlog.get_logger()


def watch_expiry(
    client: redis.Redis,
    samples: SampleStore,
    strangers: StrangerStore,
    models: ModelStore,
    settings: RetentionSettings,
    stopped: threading.Event,
) -> None:
    """Delete what has expired, again and again, until stopped; what cannot be deleted is logged."""

    def step() -> None:
        # Not at once: after a start, the clock of a machine without a battery has not been set yet.
        if stopped.wait(EVERY_SECONDS):
            return
        try:
            expire(client, samples, strangers, models, settings, datetime.now(UTC))
        except OSError as error:
            # The message names a file, and files are named after people.
            _log.warning("what has expired cannot be deleted", error=error.strerror)

    keep_going(step, stopped.is_set)

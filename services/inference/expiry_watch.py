"""The edge that deletes what has expired, every ten minutes."""

import threading
from datetime import UTC, datetime

import redis
import structlog

from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.entry import Action, own_entry
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
    """Delete what has expired, again and again, until stopped; what cannot be deleted is logged.

    Who is forgotten on the way is in the audit log, like whoever is forgotten by somebody.
    """
    audit = AuditLog(samples.home, _log.warning)

    def step() -> None:
        # Not at once: after a start, the clock of a machine without a battery has not been set yet.
        if stopped.wait(EVERY_SECONDS):
            return
        try:
            done = expire(client, samples, strangers, models, settings, datetime.now(UTC))
        except OSError as error:
            # The message names a file, and files are named after people.
            _log.warning("what has expired cannot be deleted", error=error.strerror)
            return
        for _ in range(done.people):
            audit.append(own_entry(Action.FORGET))

    keep_going(step, stopped.is_set)

"""Restoring enrolments: their records beside the samples are the truth, and Redis, which may lose its data, follows."""

from contextlib import suppress
from datetime import UTC, datetime

import redis

from familiar.shared.contract.enrolment import Enrolment, EnrolmentState, OpenEnrolment
from familiar.shared.contract.errors import EnrolmentRunning, UnknownPerson
from familiar.shared.redis.enrolments import find_enrolment, open_enrolments, start_enrolment
from familiar.shared.stores.samples import SampleStore


def restore_enrolments(client: redis.Redis, store: SampleStore) -> None:
    """Restore the open enrolments that Redis has lost, and delete the records of those that have ended.

    A restored enrolment has its former id, and with it its session; its progress is that of the store. Any number of
    processes may do this at any time.
    """
    for record in open_enrolments(store).all():
        if not _is_collecting(find_enrolment(client, record.request.camera), record):
            _settle(client, store, record.request.camera)


def _is_collecting(enrolment: Enrolment | None, record: OpenEnrolment) -> bool:
    return (
        enrolment is not None
        and enrolment.request.enrolment_id == record.request.enrolment_id
        and enrolment.state is EnrolmentState.COLLECTING
    )


def _settle(client: redis.Redis, store: SampleStore, camera: str) -> None:
    """Restore the enrolment of a camera if Redis has none or an older one, or else delete its record."""
    records = open_enrolments(store)
    with records.lock:
        record, enrolment = records.find(camera), find_enrolment(client, camera)
        if record is None or _is_collecting(enrolment, record):
            return
        # The record was written first, so that another request in Redis is older, whatever the clocks said.
        is_lost = enrolment is None or enrolment.request != record.request
        if is_lost and _is_enrolled(store, record):
            # An older one that runs is in Redis' copy of former data; it has to end first.
            with suppress(EnrolmentRunning):
                _restore(client, store, record)
        else:
            records.remove(camera)


def _restore(client: redis.Redis, store: SampleStore, record: OpenEnrolment) -> None:
    request = record.request
    counts = store.count_session(request.person, request.enrolment_id)
    # When the last train sample was captured is lost, so the pause after it begins anew.
    complete_at = datetime.now(UTC) if counts.train >= request.train else None
    start_enrolment(client, request, counts, train_over=record.train_over, train_complete_at=complete_at)


def _is_enrolled(store: SampleStore, record: OpenEnrolment) -> bool:
    """Return whether the person has not been forgotten meanwhile."""
    try:
        store.person(record.request.person)
    except UnknownPerson:
        return False
    return True

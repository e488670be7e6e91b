"""Faces that are kept behind the answers, many in one go, on a real Redis."""

import threading

import redis
from structlog.testing import capture_logs

from familiar.services.inference.stream.kept_faces_writer import MOST_WAITING, KeptFacesWriter
from familiar.shared.contract import redis_names
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces, find_kept_face
from tests.app_client import keeping
from tests.builders import NO_SEALS, crop, prediction_of

ROOM = 4 * MOST_WAITING


def _hand_over(keeper: KeptFacesWriter, count: int) -> None:
    for number in range(count):
        keeper.keep(prediction_of(f"p{number}", "karan"), [crop(number % 200)])


def _run_to_the_end(keeper: KeptFacesWriter) -> None:
    stopped = threading.Event()
    stopped.set()
    keeper.run(stopped)


def _kept(client: redis.Redis) -> int:
    return len(list(client.scan_iter(match=redis_names.kept_face("*"))))


def test_who_waits_finds_what_was_handed_over_before(client: redis.Redis) -> None:
    """A correction may come at once."""
    with keeping(client, ROOM) as keeper:
        _hand_over(keeper, 3)
        keeper.flush()
        assert find_kept_face(client, NO_SEALS, "p2", None)[1] == crop(2)
        assert _kept(client) == 3


def test_all_that_comes_in_a_burst_is_kept(client: redis.Redis) -> None:
    """Also what comes just before the keeper ends."""
    for burst in range(5):
        with keeping(client, ROOM) as keeper:
            _hand_over(keeper, MOST_WAITING - 1)
        assert _kept(client) == min(ROOM, (burst + 1) * (MOST_WAITING - 1))


def test_what_nobody_takes_in_time_goes(client: redis.Redis) -> None:
    """It is said once, the memory that waits is bounded, and what did wait is kept in the end."""
    keeper = KeptFacesWriter(client, KeptFaces(client, ROOM, MINUTES_KEPT, NO_SEALS), lambda _version: True)
    with capture_logs() as logs:
        _hand_over(keeper, MOST_WAITING + 5)
    assert [entry["trouble"] for entry in logs] == ["Redis takes them too slowly"]

    _run_to_the_end(keeper)
    assert _kept(client) == MOST_WAITING

"""Cameras are shared among extractors, and a dead extractor's are taken over."""

import time
from collections.abc import Callable

import redis

from familiar.services.extractor.camera_leases import RENEW_SECONDS, Leases
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera, withdraw_camera

# What the design promises.
TAKEN_OVER_SECONDS = 5.0


def announce(client: redis.Redis, *cameras: str) -> None:
    """Let there be cameras."""
    for camera in cameras:
        announce_camera(client, Camera(camera=camera, source="0", state=CameraState.RUNNING))


def renew_until(done: Callable[[], bool], *everybody: Leases, seconds: float = 2 * RENEW_SECONDS + 1) -> float:
    """Let everybody renew until it is so, and tell how long it took."""
    started = time.monotonic()
    while not done():
        assert time.monotonic() - started < seconds
        for leases in everybody:
            leases.renew()
        time.sleep(0.02)
    return time.monotonic() - started


def test_one_extractor_alone_takes_every_camera_at_once(client: redis.Redis) -> None:
    """And names each as newly taken, once."""
    announce(client, "door", "hall", "yard")
    alone = Leases(client, "alone")
    alone.renew()
    assert alone.cameras == ("door", "hall", "yard")
    assert sorted(alone.newly_taken()) == ["door", "hall", "yard"]
    assert alone.newly_taken() == ()


def test_two_extractors_share_the_cameras_fairly_and_never_hold_the_same(client: redis.Redis) -> None:
    """Four cameras: whoever came first gives two back."""
    announce(client, "door", "hall", "roof", "yard")
    first, second = Leases(client, "first"), Leases(client, "second")
    first.renew()

    def is_fair() -> bool:
        assert not set(first.cameras) & set(second.cameras)
        return len(first.cameras) == len(second.cameras) == 2

    renew_until(is_fair, first, second)


def test_with_more_extractors_than_cameras_every_camera_is_held(client: redis.Redis) -> None:
    """One of them has nothing to do."""
    announce(client, "door")
    first, second = Leases(client, "first"), Leases(client, "second")
    first.renew()
    second.renew()
    assert (first.cameras, second.cameras) == (("door",), ())


def test_a_dead_extractors_cameras_are_taken_over_in_time(client: redis.Redis) -> None:
    """It never renews again, and its leases run out."""
    announce(client, "door", "hall")
    dead, heir = Leases(client, "dead"), Leases(client, "heir")
    dead.renew()
    seconds = renew_until(lambda: heir.cameras == ("door", "hall"), heir, seconds=TAKEN_OVER_SECONDS)
    assert seconds <= TAKEN_OVER_SECONDS
    assert set(heir.newly_taken()) == {"door", "hall"}


def test_a_dead_extractors_cameras_are_taken_over_though_redis_clock_was_put_back(client: redis.Redis) -> None:
    """Their leases would last until the clock has caught up."""
    announce(client, "door")
    dead, heir = Leases(client, "dead"), Leases(client, "heir")
    dead.renew()
    client.expire("lease:door", 6 * 3600)
    renew_until(lambda: heir.cameras == ("door",), heir, seconds=TAKEN_OVER_SECONDS + RENEW_SECONDS)


def test_an_extractor_that_was_away_too_long_finds_its_cameras_lost(client: redis.Redis) -> None:
    """It stops working on them, as somebody else may hold them."""
    announce(client, "door")
    slow = Leases(client, "slow")
    slow.renew()
    client.delete("lease:door")
    other = Leases(client, "other")
    other._take("door")
    renew_until(lambda: not slow.holds("door"), slow)
    assert other.holds("door")
    # What the other one works through is not claimed.
    assert slow.newly_taken() == ()


def test_cameras_that_are_released_can_be_taken_at_once(client: redis.Redis) -> None:
    """An extractor that stops leaves neither lease nor name."""
    announce(client, "door", "hall")
    leaving, staying = Leases(client, "leaving"), Leases(client, "staying")
    leaving.renew()
    leaving.release()
    staying.renew()
    assert staying.cameras == ("door", "hall")
    assert leaving.cameras == ()


def test_a_camera_that_was_withdrawn_is_given_back(client: redis.Redis) -> None:
    """There is nothing to work through."""
    announce(client, "door", "hall")
    alone = Leases(client, "alone")
    alone.renew()
    withdraw_camera(client, "hall")
    renew_until(lambda: alone.cameras == ("door",), alone)


def test_a_camera_that_comes_later_is_taken(client: redis.Redis) -> None:
    """With the next renewal."""
    alone = Leases(client, "alone")
    alone.renew()
    announce(client, "door")
    renew_until(lambda: alone.holds("door"), alone)


def test_redis_losing_everything_does_not_stop_an_extractor(client: redis.Redis) -> None:
    """It takes its camera again as soon as it is announced again."""
    announce(client, "door")
    alone = Leases(client, "alone")
    alone.renew()
    alone.newly_taken()
    client.flushall()
    announce(client, "door")
    renew_until(lambda: alone.newly_taken() == ("door",), alone)
    assert alone.holds("door")

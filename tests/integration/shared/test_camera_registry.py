"""The registry of cameras on a real Redis: who is in it, and that whoever is gone leaves nothing behind."""

import pytest
import redis

from familiar.shared.redis.cameras import (
    GONE_SECONDS,
    Camera,
    CameraState,
    announce_camera,
    camera_names,
    live_cameras,
    withdraw_camera,
)
from familiar.shared.redis.stream import count_dropped, dropped_counts
from tests.streams import append


def announce(client: redis.Redis, *names: str) -> None:
    """Announce cameras of these names."""
    for name in names:
        announce_camera(client, Camera(camera=name, source="browser", state=CameraState.RUNNING))


def expire(client: redis.Redis, *names: str) -> None:
    """Let these announcements expire at once."""
    client.delete(*(f"camera:{name}" for name in names))


def test_a_camera_whose_announcement_has_expired_is_gone(client: redis.Redis) -> None:
    """Its name, too, and the count of its dropped frames; the others stay."""
    announce(client, "door", "laptop")
    count_dropped(client, "frames:laptop", 3)
    expire(client, "laptop")
    assert camera_names(client) == ["door"]
    assert [camera.camera for camera in live_cameras(client)] == ["door"]
    assert client.smembers("cameras") == {b"door"}
    assert dropped_counts(client) == {}


def test_any_number_of_names_that_are_gone_is_forgotten(client: redis.Redis) -> None:
    """From before there was a limit; the first reader already sees but those that are there."""
    announce(client, "door")
    client.sadd("cameras", *(f"camera-{number}" for number in range(1000)))
    for _ in range(10):
        assert camera_names(client) == ["door"]
    assert client.smembers("cameras") == {b"door"}


def test_a_camera_with_frames_left_keeps_its_name_until_they_are_processed(client: redis.Redis) -> None:
    """Frames of an enrolment are not lost with the process of capture; but they do not stay for ever."""
    announce(client, "door")
    left = append(client, "frames:door", {"header": "", "payload": ""})
    expire(client, "door")
    assert camera_names(client) == ["door"]
    assert live_cameras(client) == ()
    assert 0 < client.ttl("frames:door") <= GONE_SECONDS
    client.xdel("frames:door", left)
    assert camera_names(client) == []


@pytest.mark.parametrize("withdrawn", [True, False])
def test_queue_and_dead_letters_of_a_camera_that_is_gone_expire(
    client: redis.Redis,
    withdrawn: bool,  # noqa: FBT001 - one of the facts
) -> None:
    """Within the hour, in which somebody may look at them."""
    announce(client, "laptop")
    client.xgroup_create("frames:laptop", "extractor", mkstream=True)
    append(client, "frames:laptop:dead", {"reason": "thin"})
    if withdrawn:
        withdraw_camera(client, "laptop")
    else:
        expire(client, "laptop")
    assert camera_names(client) == []
    keys = {key: client.ttl(key) for key in client.scan_iter()}
    assert b"frames:laptop:dead" in keys
    assert all(0 < seconds <= GONE_SECONDS for seconds in keys.values())


def test_a_camera_that_comes_back_keeps_its_streams(client: redis.Redis) -> None:
    """Nothing expires below an extractor."""
    announce(client, "laptop")
    append(client, "frames:laptop:dead", {"reason": "thin"})
    expire(client, "laptop")
    assert camera_names(client) == []
    announce(client, "laptop")
    assert client.ttl("frames:laptop:dead") == -1
    assert camera_names(client) == ["laptop"]

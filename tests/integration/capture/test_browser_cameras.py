"""Cameras of browsers: a real WebSocket, a real Redis, and no page."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import redis
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.browser_cameras import BrowserCameras
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.contract.errors import PortTaken
from familiar.shared.contract.messages import Frame
from familiar.shared.contract.source_address import parse_cameras
from familiar.shared.redis.cameras import CameraState, live_cameras
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import BYTE_LIMIT, decode_image, encode_jpeg, encode_png
from familiar.shared.vision.jpeg import with_comment
from tests.capturing import capturing
from tests.serving import wait_until
from tests.streams import fields_of

PAGE_PORT = 8000
PICTURE = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))


@pytest.fixture
def port(client: redis.Redis) -> Iterator[int]:
    """Give the port of a capture that has a camera of its own, `door`."""
    chosen = free_port()
    cameras = parse_cameras("door=synthetic:karan")
    settings = CaptureSettings(port=PAGE_PORT, camera_port=chosen, cameras=cameras)
    with capturing(client, settings):
        yield chosen


def open_camera(port: int, path: str = "/v1/cameras/laptop", origin: Origin | None = None) -> ClientConnection:
    """Connect as the page does."""
    return connect(f"ws://127.0.0.1:{port}{path}", compression=None, origin=origin)


def send(camera: ClientConnection, message: str | bytes) -> dict[str, Any]:
    """Send something, and wait for the answer."""
    camera.send(message)
    answer: dict[str, Any] = json.loads(camera.recv(timeout=10))
    return answer


def frames(client: redis.Redis) -> list[tuple[Frame, bytes]]:
    """Read what was published of the laptop's camera."""
    return [
        (Frame.model_validate_json(fields[b"header"]), fields[b"payload"])
        for fields in fields_of(client, "frames:laptop")
    ]


def states(client: redis.Redis) -> dict[str, CameraState]:
    """Tell how the cameras are that are announced."""
    return {camera.camera: camera.state for camera in live_cameras(client)}


def test_each_picture_becomes_a_frame_and_is_answered(client: redis.Redis, port: int) -> None:
    """In order, with its size; a JPEG without metadata goes on as it is."""
    with open_camera(port) as camera:
        assert send(camera, PICTURE) == {"published": 1}
        assert send(camera, encode_png(np.zeros((30, 40, 3), np.uint8))) == {"published": 2}
        (first, payload), (second, _) = frames(client)
        assert payload == PICTURE
        assert (first.width, first.height, first.live) == (64, 48, True)
        assert (second.width, second.height) == (40, 30)
        assert first.frame_id.endswith("-0")
        assert second.frame_id.endswith("-1")
        assert states(client) == {"laptop": CameraState.RUNNING}
        assert {one.source for one in live_cameras(client)} == {"browser"}


def test_where_a_picture_was_taken_does_not_go_on(client: redis.Redis, port: int) -> None:
    """Pictures with metadata are encoded anew."""
    with open_camera(port) as camera:
        send(camera, with_comment(PICTURE, "taken at home"))
    ((_, payload),) = frames(client)
    assert b"taken at home" not in payload
    assert decode_image(payload).shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (b"", "unreadable-image", "zero bytes"),
        (b"Dear camera", "unreadable-image", "JPEG, PNG or WebP"),
        (PICTURE[:200], "unreadable-image", "breaks off"),
        ("a text", "invalid-request", "binary message"),
    ],
)
def test_what_is_no_picture_is_refused_and_the_camera_goes_on(
    client: redis.Redis, port: int, message: str | bytes, code: str, words: str
) -> None:
    """With what to send instead."""
    with open_camera(port) as camera:
        problem = send(camera, message)
        assert problem["type"] == f"urn:familiar:{code}"
        assert words in problem["detail"]
        assert send(camera, PICTURE) == {"published": 1}
    assert len(frames(client)) == 1


def test_a_message_that_is_too_large_closes_the_camera(port: int) -> None:
    """Nobody reads it to its end."""
    with open_camera(port) as camera, pytest.raises(ConnectionClosed) as closed:
        send(camera, bytes(BYTE_LIMIT + 1))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("origin", ["http://evil.example:8000", "http://127.0.0.1:3000", "null"])
def test_the_page_of_another_site_opens_no_camera(port: int, origin: str) -> None:
    """A browser says where a page is from."""
    with pytest.raises(InvalidStatus, match="403"):
        open_camera(port, origin=Origin(origin))


def test_familiar_s_page_opens_one(port: int) -> None:
    """It is on the same host, on inference's port."""
    with open_camera(port, origin=Origin(f"http://127.0.0.1:{PAGE_PORT}")) as camera:
        assert send(camera, PICTURE) == {"published": 1}


def test_a_name_that_points_here_opens_none(port: int) -> None:
    """The host that was asked is not one of Familiar's."""
    with pytest.raises(InvalidStatus, match="421"):
        connect(f"ws://evil.example:{port}/v1/cameras/laptop", address=("127.0.0.1", port))


def test_there_is_nothing_else(port: int) -> None:
    """Cameras alone are opened here."""
    with pytest.raises(InvalidStatus, match="404"):
        open_camera(port, "/v1/predictions")


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "invalid-name"), ("Laptop", "invalid-name"), ("a/b", "invalid-name"), ("door", "camera-taken")],
)
def test_a_name_that_cannot_be_had_is_said_and_the_connection_ends(
    client: redis.Redis, port: int, name: str, code: str
) -> None:
    """A page cannot read the answer to a handshake, so it is the first message."""
    with open_camera(port, f"/v1/cameras/{name}") as camera:
        assert json.loads(camera.recv(timeout=10))["type"] == f"urn:familiar:{code}"
        with pytest.raises(ConnectionClosed):
            camera.recv(timeout=10)
    assert not live_cameras(client)


def test_a_name_is_free_again_when_its_camera_is_closed(client: redis.Redis, port: int) -> None:
    """Two at once would mix their pictures; the second gets it when the first has gone."""
    with open_camera(port) as first:
        send(first, PICTURE)
        with open_camera(port) as second:
            assert json.loads(second.recv(timeout=10))["type"] == "urn:familiar:camera-taken"
    wait_until(lambda: states(client) == {"laptop": CameraState.ENDED})

    def again() -> bool:
        with open_camera(port) as third, suppress(ConnectionClosed):
            return send(third, PICTURE) == {"published": 1}
        return False

    wait_until(again)


def test_a_camera_that_sends_nothing_stays(client: redis.Redis, port: int) -> None:
    """A page in the background sends no pictures."""
    with open_camera(port):
        wait_until(lambda: states(client) == {"laptop": CameraState.RUNNING})
    wait_until(lambda: states(client) == {"laptop": CameraState.ENDED})


def test_frames_are_labelled_while_the_camera_enrols_somebody(
    client: redis.Redis, port: int, store: SampleStore
) -> None:
    """As those of any camera."""
    with open_camera(port) as camera:
        send(camera, PICTURE)
        begin_enrolment(client, store, "laptop", "Karan", Targets(20, 10, 0))
        send(camera, PICTURE)
    labelled = [frame.enrolment.person if frame.enrolment else None for frame, _ in frames(client)]
    assert labelled == [None, "karan"]


def test_nobody_listens_twice_on_a_port(client: redis.Redis, port: int) -> None:
    """The sentence says which setting to change."""
    with pytest.raises(PortTaken, match="FAMILIAR_CAMERA_PORT"):
        BrowserCameras(client, CaptureSettings(camera_port=port), threading.Event()).open_server()

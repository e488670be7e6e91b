"""Cameras of browsers: a real WebSocket, a real Redis, and no page."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import redis
from prometheus_client import generate_latest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.browser_cameras import BrowserCameras
from familiar.services.capture.metrics import REGISTRY
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.errors import PortTaken
from familiar.shared.contract.messages import Frame
from familiar.shared.contract.source_address import parse_cameras
from familiar.shared.redis.cameras import CameraState, live_cameras
from familiar.shared.redis.enrolments import Targets, begin_enrolment
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import BYTE_LIMIT, SCAN_LIMIT, decode_image, encode_jpeg, encode_png
from familiar.shared.vision.jpeg import is_bare_jpeg, with_comment
from tests.app_client import bearer
from tests.capturing import capturing
from tests.pictures import encoded, noise, of_many_scans
from tests.serving import wait_until
from tests.streams import fields_of

PAGE_PORT = 8000
PICTURE = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))


class Capturing(NamedTuple):
    """Where capture listens, and the headers of its owner's programs."""

    port: int
    headers: dict[str, str]


def reached(settings: CaptureSettings) -> Capturing:
    """Give how the owner's programs reach a capture with these settings."""
    return Capturing(settings.camera_port, bearer(TokenStore(settings.home).owner_secret()))


@pytest.fixture
def capture(client: redis.Redis, home: Path) -> Iterator[Capturing]:
    """Give a capture that has a camera of its own, `door`."""
    chosen = free_port()
    cameras = parse_cameras("door=synthetic:karan")
    settings = CaptureSettings(home=home, port=PAGE_PORT, camera_port=chosen, cameras=cameras)
    with capturing(client, settings):
        yield reached(settings)


def open_camera(capture: Capturing, path: str = "/v1/cameras/laptop", origin: Origin | None = None) -> ClientConnection:
    """Connect as the page does."""
    address = f"ws://127.0.0.1:{capture.port}{path}"
    return connect(address, compression=None, origin=origin, additional_headers=capture.headers)


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


def test_each_picture_becomes_a_frame_and_is_answered(client: redis.Redis, capture: Capturing) -> None:
    """In order, with its size; a JPEG without metadata goes on as it is."""
    with open_camera(capture) as camera:
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


def test_where_a_picture_was_taken_does_not_go_on(client: redis.Redis, capture: Capturing) -> None:
    """Pictures with metadata are encoded anew."""
    with open_camera(capture) as camera:
        send(camera, with_comment(PICTURE, "taken at home"))
    ((_, payload),) = frames(client)
    assert b"taken at home" not in payload
    assert decode_image(payload).shape == (48, 64, 3)


@pytest.mark.parametrize("picture", [encoded(noise(64, 48), "JPEG", progressive=True), of_many_scans(64, 48, 50)])
def test_a_frame_is_a_jpeg_of_one_scan(client: redis.Redis, capture: Capturing, picture: bytes) -> None:
    """The extractor decodes it once more, as cheaply as one of any camera."""
    with open_camera(capture) as camera:
        assert send(camera, picture) == {"published": 1}
    ((frame, payload),) = frames(client)
    assert is_bare_jpeg(payload)
    assert decode_image(payload).shape == (frame.height, frame.width, 3) == (48, 64, 3)


def test_a_large_picture_is_reduced_to_what_a_telephone_takes(client: redis.Redis, capture: Capturing) -> None:
    """In its proportions."""
    with open_camera(capture) as camera:
        assert send(camera, encode_jpeg(np.full((4000, 8000, 3), 90, np.uint8))) == {"published": 1}
    ((frame, payload),) = frames(client)
    assert (frame.width, frame.height) == (5000, 2500)
    assert decode_image(payload).shape == (2500, 5000, 3)


def test_large_pictures_come_one_after_the_other_and_hold_up_no_small_one(client: redis.Redis, home: Path) -> None:
    """However many connections send them."""
    settings = CaptureSettings(home=home, camera_port=free_port())
    cameras = BrowserCameras(client, settings, threading.Event())
    large = encode_jpeg(np.full((3000, 5000, 3), 90, np.uint8))
    with capturing(client, settings, cameras), open_camera(reached(settings), "/v1/cameras/other") as other:
        with cameras._large, open_camera(reached(settings)) as camera:
            other.send(large)
            for number in (1, 2, 3):
                assert send(camera, PICTURE) == {"published": number}
            with pytest.raises(TimeoutError):
                other.recv(timeout=0)
        assert json.loads(other.recv(timeout=10)) == {"published": 1}


def test_there_are_only_so_many_cameras_of_browsers(client: redis.Redis, home: Path) -> None:
    """The next one is told so and when to try again, those that are there go on, and one that returns is no other."""
    settings = CaptureSettings(
        home=home, camera_port=free_port(), most_cameras=2, cameras=parse_cameras("door=synthetic:karan")
    )
    with capturing(client, settings), open_camera(reached(settings)) as first:
        with open_camera(reached(settings), "/v1/cameras/second") as second:
            send(second, PICTURE)
            assert_no_room(reached(settings))
        wait_until(lambda: states(client)["second"] == CameraState.ENDED)
        # As long as its announcement lasts, its name is there for all who read it.
        assert_no_room(reached(settings))
        assert send(first, PICTURE) == {"published": 1}
        with open_camera(reached(settings), "/v1/cameras/second") as second:
            assert send(second, PICTURE) == {"published": 1}


def assert_no_room(capture: Capturing) -> None:
    """Open a third camera in vain."""
    with open_camera(capture, "/v1/cameras/third") as third:
        problem = json.loads(third.recv(timeout=10))
        assert problem["code"] == "too-many-cameras"
        assert "try again in ten seconds" in problem["detail"]
        with pytest.raises(ConnectionClosed) as closed:
            third.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


def test_connections_that_never_say_what_they_want_take_only_so_many_threads(client: redis.Redis, home: Path) -> None:
    """And none of a camera that is there."""
    settings = CaptureSettings(home=home, camera_port=free_port(), most_cameras=2)
    before = threading.active_count()
    with capturing(client, settings), open_camera(reached(settings)) as camera, ExitStack() as open_ones:
        for _ in range(100):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", settings.camera_port)))
        assert send(camera, PICTURE) == {"published": 1}
        wait_until(lambda: threading.active_count() <= before + 40)


@pytest.mark.parametrize(
    "header", [b"A: " + b"a" * 9000, b"a: b\r\n" * 200, b"a" * 1_000_000], ids=["line", "number", "bytes"]
)
def test_a_handshake_without_an_end_is_ended(capture: Capturing, header: bytes) -> None:
    """The server has limits of its own."""
    with socket.create_connection(("127.0.0.1", capture.port), timeout=10) as connection, suppress(ConnectionError):
        connection.sendall(b"GET /v1/cameras/laptop HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header)
        assert b"101" not in connection.recv(4096)[:20]
    with open_camera(capture) as camera:
        assert send(camera, PICTURE) == {"published": 1}


def test_a_camera_that_has_ended_leaves_no_metrics(client: redis.Redis, capture: Capturing) -> None:
    """Pages open ever new ones."""
    with open_camera(capture) as camera:
        send(camera, PICTURE)
        assert b'camera="laptop"' in generate_latest(REGISTRY)
    wait_until(lambda: states(client) == {"laptop": CameraState.ENDED})
    wait_until(lambda: b'camera="laptop"' not in generate_latest(REGISTRY))


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (encode_jpeg(np.zeros((3000, 1, 3), np.uint8)), "unreadable-image", "too thin"),
        (of_many_scans(48, 48, SCAN_LIMIT + 1), "image-too-large", "scans"),
        (b"", "unreadable-image", "zero bytes"),
        (b"Dear camera", "unreadable-image", "JPEG, PNG or WebP"),
        (PICTURE[:200], "unreadable-image", "breaks off"),
        ("a text", "invalid-request", "binary message"),
    ],
)
def test_what_cannot_be_a_frame_is_refused_and_the_camera_goes_on(
    client: redis.Redis, capture: Capturing, message: str | bytes, code: str, words: str
) -> None:
    """With what to send instead."""
    with open_camera(capture) as camera:
        problem = send(camera, message)
        assert problem["type"] == f"urn:familiar:{code}"
        assert words in problem["detail"]
        assert send(camera, PICTURE) == {"published": 1}
    assert len(frames(client)) == 1


def test_a_message_that_is_too_large_closes_the_camera(capture: Capturing) -> None:
    """Nobody reads it to its end."""
    with open_camera(capture) as camera, pytest.raises(ConnectionClosed) as closed:
        send(camera, bytes(BYTE_LIMIT + 1))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("origin", ["http://evil.example:8000", "http://127.0.0.1:3000", "null"])
def test_the_page_of_another_site_opens_no_camera(capture: Capturing, origin: str) -> None:
    """A browser says where a page is from."""
    with pytest.raises(InvalidStatus, match="403"):
        open_camera(capture, origin=Origin(origin))


def test_familiar_s_page_opens_one(capture: Capturing) -> None:
    """It is on the same host, on inference's port."""
    with open_camera(capture, origin=Origin(f"http://127.0.0.1:{PAGE_PORT}")) as camera:
        assert send(camera, PICTURE) == {"published": 1}


def test_a_name_that_points_here_opens_none(capture: Capturing) -> None:
    """The host that was asked is not one of Familiar's."""
    with pytest.raises(InvalidStatus, match="421"):
        connect(
            f"ws://evil.example:{capture.port}/v1/cameras/laptop",
            address=("127.0.0.1", capture.port),
            additional_headers=capture.headers,
        )


def test_there_is_nothing_else(capture: Capturing) -> None:
    """Cameras alone are opened here."""
    with pytest.raises(InvalidStatus, match="404"):
        open_camera(capture, "/v1/predictions")


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "invalid-name"), ("Laptop", "invalid-name"), ("a/b", "invalid-name"), ("door", "camera-taken")],
)
def test_a_name_that_cannot_be_had_is_said_and_the_connection_ends(
    client: redis.Redis, capture: Capturing, name: str, code: str
) -> None:
    """A page cannot read the answer to a handshake, so it is the first message."""
    with open_camera(capture, f"/v1/cameras/{name}") as camera:
        assert json.loads(camera.recv(timeout=10))["type"] == f"urn:familiar:{code}"
        with pytest.raises(ConnectionClosed):
            camera.recv(timeout=10)
    assert not live_cameras(client)


def test_a_name_is_free_again_when_its_camera_is_closed(client: redis.Redis, capture: Capturing) -> None:
    """Two at once would mix their pictures; the second gets it when the first has gone."""
    with open_camera(capture) as first:
        send(first, PICTURE)
        with open_camera(capture) as second:
            assert json.loads(second.recv(timeout=10))["type"] == "urn:familiar:camera-taken"
    wait_until(lambda: states(client) == {"laptop": CameraState.ENDED})

    def again() -> bool:
        with open_camera(capture) as third, suppress(ConnectionClosed):
            return send(third, PICTURE) == {"published": 1}
        return False

    wait_until(again)


def test_a_camera_that_sends_nothing_stays(client: redis.Redis, capture: Capturing) -> None:
    """A page in the background sends no pictures."""
    with open_camera(capture):
        wait_until(lambda: states(client) == {"laptop": CameraState.RUNNING})
    wait_until(lambda: states(client) == {"laptop": CameraState.ENDED})


def test_frames_are_labelled_while_the_camera_enrols_somebody(
    client: redis.Redis, capture: Capturing, store: SampleStore
) -> None:
    """As those of any camera."""
    with open_camera(capture) as camera:
        send(camera, PICTURE)
        begin_enrolment(client, store, "laptop", "Karan", Targets(20, 10, 0))
        send(camera, PICTURE)
    labelled = [frame.enrolment.person if frame.enrolment else None for frame, _ in frames(client)]
    assert labelled == [None, "karan"]


def test_nobody_listens_twice_on_a_port(client: redis.Redis, capture: Capturing) -> None:
    """The sentence says which setting to change."""
    with pytest.raises(PortTaken, match="FAMILIAR_CAMERA_PORT"):
        BrowserCameras(client, CaptureSettings(camera_port=capture.port), threading.Event()).open_server()

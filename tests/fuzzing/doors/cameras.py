"""The WebSocket for cameras: any message where a picture belongs, and any handshake."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from familiar.shared.access.token_store import TokenStore
from familiar.shared.redis.cameras import live_cameras
from tests.app_client import bearer
from tests.fuzzing.door import Door, Fault, Outcome, require_named
from tests.fuzzing.ground import Ground
from tests.fuzzing.services import CAPTURE, PATIENCE_SECONDS, Services, services_of
from tests.pictures import OF_ALL_KINDS, damaged_pictures

_CAMERA = "/v1/cameras/laptop"
_PATHS = (
    _CAMERA,
    "/v1/cameras/",
    "/v1/cameras/No%20slug",
    "/v1/cameras/../x",
    "/",
    "/v1/cameras/" + "x" * 300,
    _CAMERA + "?x",
)
_HEADERS: tuple[dict[str, str], ...] = (
    *(
        {"Host": "evil"},
        {"Origin": "http://evil"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Cookie": "familiar_token_1=x"},
    ),
    *(
        {"Authorization": "Bearer wrong"},
        {"Authorization": "x"},
        {"Sec-WebSocket-Protocol": "x"},
        {"X": "y" * 5000},
        {},
    ),
)


class Handshake(NamedTuple):
    """An attempt to open a camera."""

    path: str
    headers: dict[str, str]


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Send pictures over one connection, and open others beside it."""
    with services_of(ground, CAPTURE) as services:
        own = bearer(TokenStore(services.home).owner_secret())
        address = f"ws://127.0.0.1:{services.camera_port}"
        with connect(address + "/v1/cameras/steady", compression=None, additional_headers=own) as camera:

            def send(sent: Handshake | str | bytes) -> list[Outcome]:
                if isinstance(sent, Handshake):
                    return [_open(address, own, sent)]
                return [_show(camera, sent)]

            handshakes = st.builds(Handshake, st.sampled_from(_PATHS), st.sampled_from(_HEADERS))
            pictures = damaged_pictures() | st.binary(max_size=60) | st.text(max_size=20)
            # A handshake costs a thread and more than a picture does.
            inputs = st.integers(0, 9).flatmap(lambda number: pictures if number else handshakes)
            yield Door(inputs, send, processes=services.processes, look=lambda: _look(services, camera))


def _show(camera: ClientConnection, message: str | bytes) -> Outcome:
    camera.send(message)
    try:
        answer = json.loads(camera.recv(timeout=PATIENCE_SECONDS))
    except (TimeoutError, ConnectionClosed) as error:
        raise Fault("a picture was not answered") from error
    if "published" in answer:
        return Outcome.ACCEPTED
    require_named(answer["code"], answer["detail"])
    return Outcome.REFUSED


def _open(address: str, own: dict[str, str], handshake: Handshake) -> Outcome:
    headers = own if "Authorization" not in handshake.headers else {}
    try:
        with connect(
            address + handshake.path,
            compression=None,
            additional_headers={**headers, **handshake.headers},
            open_timeout=PATIENCE_SECONDS,
        ) as camera:
            return _show(camera, OF_ALL_KINDS[0])
    except Fault:
        # The name was refused, and the connection closed with the reason.
        return Outcome.REFUSED
    except (InvalidHandshake, InvalidURI, ConnectionClosed):
        return Outcome.REFUSED


def _look(services: Services, camera: ClientConnection) -> None:
    services.require_sound()
    if _show(camera, OF_ALL_KINDS[0]) is not Outcome.ACCEPTED:
        raise Fault("a good picture is not published any more")
    if "steady" not in {live.camera for live in live_cameras(services.client)}:
        raise Fault("the camera is not announced any more")

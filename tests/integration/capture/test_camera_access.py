"""Who may open a camera: tokens at capture's WebSocket."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import redis
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection
from websockets.typing import Origin

from familiar.cli.stack.local_stack import free_port
from familiar.services.capture.handshake import Handshake
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.access.failed_attempts import BURST
from familiar.shared.access.scopes import Scope
from familiar.shared.access.token_store import TokenStore
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import bearer
from tests.auditing import entries
from tests.capturing import capturing
from tests.serving import wait_until

PAGE_PORT = 8000
PICTURE = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))


@pytest.fixture
def tokens(home: Path) -> TokenStore:
    """Give the tokens of a home."""
    return TokenStore(home)


@pytest.fixture
def port(client: redis.Redis, home: Path) -> Iterator[int]:
    """Give the port of a capture of that home."""
    chosen = free_port()
    with capturing(client, CaptureSettings(home=home, port=PAGE_PORT, camera_port=chosen)):
        yield chosen


def open_camera(port: int, headers: dict[str, str], origin: str | None = None) -> ClientConnection:
    """Open a camera with these headers."""
    page = None if origin is None else Origin(origin)
    url = f"ws://127.0.0.1:{port}/v1/cameras/laptop"
    return connect(url, compression=None, origin=page, additional_headers=headers)


def publish(camera: ClientConnection) -> object:
    """Send a picture, and give the answer."""
    camera.send(PICTURE)
    return json.loads(camera.recv(timeout=10))


def refused(port: int, headers: dict[str, str], origin: str | None = None) -> tuple[int, str]:
    """Be refused, and give the status and the words."""
    with pytest.raises(InvalidStatus) as answer:
        open_camera(port, headers, origin)
    response = answer.value.response
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    return response.status_code, (response.body or b"").decode()


@pytest.mark.parametrize("scope", [Scope.CAMERA, Scope.ADMIN])
def test_who_has_the_scope_opens_a_camera(port: int, tokens: TokenStore, scope: Scope) -> None:
    """A program sends the token in a header."""
    with open_camera(port, bearer(tokens.add("pi", [scope]))) as camera:
        assert publish(camera) == {"published": 1}


@pytest.mark.parametrize("name", ["Host", "Origin", "Authorization", "Cookie"])
def test_headers_that_count_are_sent_once(port: int, tokens: TokenStore, name: str) -> None:
    """A proxy might have looked at the other one."""
    page = f"http://127.0.0.1:{PAGE_PORT}"
    values = {"Host": f"127.0.0.1:{port}", "Origin": page, "Cookie": "a=b", **bearer(tokens.add("pi", [Scope.CAMERA]))}
    sent = Headers(values)
    del sent["Host"]
    sent[name] = values[name]
    with pytest.raises(InvalidStatus) as answer:
        connect(f"ws://127.0.0.1:{port}/v1/cameras/laptop", compression=None, additional_headers=sent)
    assert answer.value.response.status_code == 400


@pytest.mark.parametrize("scope", [Scope.PREDICT, Scope.WATCH, Scope.METRICS])
def test_another_scope_is_not_enough(port: int, tokens: TokenStore, scope: Scope) -> None:
    """The answer names the one that is."""
    status, words = refused(port, bearer(tokens.add("phone", [scope])))
    assert status == 403
    assert "camera or admin" in words


def test_nobody_else_opens_one(port: int, tokens: TokenStore) -> None:
    """Without a token, with a wrong one, one that was revoked, one whose time is over; also from the page."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    revoked, old = tokens.add("lost", [Scope.ADMIN]), tokens.add("old", [Scope.ADMIN], past)
    tokens.revoke("lost")
    page = f"http://127.0.0.1:{PAGE_PORT}"
    assert refused(port, {})[0] == 401
    assert refused(port, {}, page)[0] == 401
    for secret in ("familiar_wrong", revoked, old):
        assert refused(port, bearer(secret))[0] == 401
        assert refused(port, {"Cookie": f"familiar_token_8000={secret}"}, page)[0] == 401


def test_the_page_opens_one_with_its_cookie(port: int, tokens: TokenStore) -> None:
    """A browser sends it to all ports of its host; the pages of other ports get nothing by that."""
    cookie = {"Cookie": f"familiar_token_8000={tokens.owner_secret()}"}
    with open_camera(port, cookie, f"http://127.0.0.1:{PAGE_PORT}") as camera:
        assert publish(camera) == {"published": 1}
    assert refused(port, cookie, "http://127.0.0.1:9999")[0] == 403
    assert refused(port, cookie, "http://evil.example")[0] == 403


def test_a_name_that_was_made_to_point_here_opens_none(port: int, tokens: TokenStore) -> None:
    """With the best of tokens; the names of containers are none of this machine's."""
    for host in ("evil.example", "capture", "inference"):
        with pytest.raises(InvalidStatus, match="421"):
            connect(
                f"ws://{host}:{port}/v1/cameras/laptop",
                address=("127.0.0.1", port),
                additional_headers=bearer(tokens.owner_secret()),
            )


@pytest.mark.parametrize("ending", ["revoked", "expired"])
def test_a_camera_ends_with_its_token(port: int, tokens: TokenStore, ending: str) -> None:
    """It is told why, also one that sends nothing."""
    expiry = datetime.now(UTC) + timedelta(seconds=3) if ending == "expired" else None
    with open_camera(port, bearer(tokens.add("pi", [Scope.CAMERA], expiry))) as camera:
        assert publish(camera) == {"published": 1}
        if ending == "revoked":
            tokens.revoke("pi")
        problem = json.loads(camera.recv(timeout=10))
        assert problem["code"] == ("token-wrong" if ending == "revoked" else "token-expired")
        with pytest.raises(ConnectionClosed):
            camera.recv(timeout=10)


def test_a_camera_that_has_left_keeps_its_token_until_that_is_noticed(home: Path, tokens: TokenStore) -> None:
    """Its address cannot be asked for any more, which is no failure."""
    headers = Headers(bearer(tokens.add("pi", [Scope.CAMERA])))
    left = mock.Mock(ServerConnection, request=Request("/v1/cameras/laptop", headers))
    type(left).remote_address = mock.PropertyMock(side_effect=OSError)
    Handshake(CaptureSettings(home=home)).require_token(left)


def test_whoever_guesses_has_to_wait(port: int, tokens: TokenStore) -> None:
    """And learns nothing meanwhile, not even with the right token; who has a camera already keeps it."""
    used, unused = (tokens.add(name, [Scope.CAMERA]) for name in ("used", "unused"))
    with open_camera(port, bearer(used)) as camera:
        for _ in range(BURST):
            assert refused(port, bearer("familiar_guess"))[0] == 401
        assert refused(port, bearer("familiar_guess"))[0] == 429
        assert refused(port, bearer(unused))[0] == 429
        assert publish(camera) == {"published": 1}


def test_who_opens_a_camera_and_who_is_refused_is_recorded(port: int, tokens: TokenStore, home: Path) -> None:
    """Repetitions once in ten minutes, in files that hold nothing else."""
    allowed, watcher = tokens.add("pi", [Scope.CAMERA]), tokens.add("phone", [Scope.WATCH])
    for _ in range(2):
        # Its name is free once the last one has ended.
        wait_until(lambda: _can_be_opened(port, allowed))
        refused(port, bearer(watcher))
        refused(port, {})
    refused(port, bearer(allowed), "http://evil.example")
    assert [(entry.actor.name, entry.subject, entry.outcome) for entry in entries(home)] == [
        ("pi", {"camera": "laptop"}, "done"),
        ("phone", {}, "scope-missing"),
        ("nobody", {}, "token-missing"),
        ("pi", {}, "cross-site-request"),
    ]
    assert {(str(entry.source), entry.action, entry.address) for entry in entries(home)} == {
        ("camera", "open-camera", "127.0.0.1")
    }
    assert not (home / "audit").exists()


def _can_be_opened(port: int, secret: str) -> bool:
    with suppress(ConnectionClosed), open_camera(port, bearer(secret)) as camera:
        return publish(camera) == {"published": 1}
    return False


def test_where_access_is_open_nobody_needs_a_token(client: redis.Redis, home: Path) -> None:
    """The host and the page are looked at all the same."""
    port = free_port()
    settings = CaptureSettings(home=home, port=PAGE_PORT, camera_port=port, access="open")
    with capturing(client, settings):
        with open_camera(port, {}) as camera:
            assert publish(camera) == {"published": 1}
        assert refused(port, {}, "http://evil.example")[0] == 403

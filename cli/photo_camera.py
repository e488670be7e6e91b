"""A camera of photographs, sent to capture over its WebSocket as the page sends a browser's webcam."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from familiar.cli.own_token import Refused
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import CaptureUnavailable, ImageTooLarge
from familiar.shared.redis.cameras import CameraState, live_cameras, withdraw_camera
from familiar.shared.vision.images import BYTE_LIMIT

# Interval of progress updates while capture or the extractor is busy.
_LOOK_SECONDS = 0.1
# Capture announces the end as soon as the connection is closed.
_END_SECONDS = 2.0


@dataclass(frozen=True)
class CaptureAddress:
    """Where capture is, and the headers with which it lets cameras in."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@contextmanager
def photo_camera(
    address: CaptureAddress, camera: str, client: redis.Redis, look: Callable[[], object]
) -> Iterator["PhotoCamera"]:
    """Open a camera of this name at capture's address for the duration of the `with` block.

    `look` is called while waiting, to update progress.

    Raises:
        CaptureUnavailable: capture does not answer, or the connection is lost.
        Refused: capture does not take the token.
    """
    url = address.url
    try:
        # Pictures are compressed already, and capture is on this machine or in the same network: no proxy.
        connection = connect(
            f"{url.rstrip('/')}/v1/cameras/{camera}",
            compression=None,
            proxy=None,
            additional_headers=address.headers,
        )
    except InvalidStatus as error:
        raise Refused(_words_of(error)) from error
    except (WebSocketException, OSError) as error:
        raise _unavailable(url, error) from error
    try:
        with connection:
            yield PhotoCamera(connection, camera, client, look)
    except ConnectionClosed as error:
        raise _unavailable(url, error) from error
    finally:
        _withdraw(client, camera)


def _words_of(refusal: InvalidStatus) -> str:
    response = refusal.response
    return (response.body or b"").decode(errors="replace").strip() or f"Capture answers {response.status_code}."


def _withdraw(client: redis.Redis, camera: str) -> None:
    """Withdraw the camera, once capture has announced its end: a later announcement would bring it back."""
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        if any(other.camera == camera and other.state is CameraState.ENDED for other in live_cameras(client)):
            break
        time.sleep(_LOOK_SECONDS)
    withdraw_camera(client, camera)


def _unavailable(url: str, error: Exception) -> CaptureUnavailable:
    return CaptureUnavailable(
        f"Capture cannot be reached at {url}: {error or type(error).__name__}. Start Familiar with `familiar up`, or "
        "set FAMILIAR_CAPTURE_URL, and run the same command again: no picture is taken twice."
    )


class PhotoCamera:
    """A sender of pictures with backpressure: it waits for capture's reply to each."""

    def __init__(
        self, connection: ClientConnection, camera: str, client: redis.Redis, look: Callable[[], object]
    ) -> None:
        self._connection = connection
        self._frames = redis_names.frames(camera)
        self._client = client
        self._look = look

    def show(self, pictures: Sequence[Path]) -> dict[Path, str]:
        """Send pictures, wait until all are processed, and return the reasons of refused ones by path."""
        refused = {}
        for path in pictures:
            reason = self._refusal(path)
            if reason:
                refused[path] = reason
        while self._client.xlen(self._frames):
            self._look()
            time.sleep(_LOOK_SECONDS)
        return refused

    def _refusal(self, path: Path) -> str | None:
        """Send a picture, and return why it was refused, or None."""
        try:
            picture = path.read_bytes()
        except OSError as error:
            return error.strerror or str(error)
        if len(picture) > BYTE_LIMIT:
            return ImageTooLarge().detail
        self._connection.send(picture)
        while True:
            try:
                answer: dict[str, str] = json.loads(self._connection.recv(timeout=_LOOK_SECONDS))
            except TimeoutError:
                self._look()
            else:
                return answer.get("detail")

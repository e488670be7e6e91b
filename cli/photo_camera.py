"""Photographs, shown to capture one after another, as a page shows it what a browser's camera sees."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import CaptureUnavailable, ImageTooLarge
from familiar.shared.vision.images import BYTE_LIMIT

# How often it is looked at how things stand, while capture or the extractor takes its time.
_LOOK_SECONDS = 0.1


@contextmanager
def photo_camera(url: str, camera: str, client: redis.Redis, look: Callable[[], object]) -> Iterator["PhotoCamera"]:
    """Have capture, at `url`, open a camera of this name for as long as the `with` block lasts.

    `look` is called in every pause, to show how things stand.

    Raises:
        CaptureUnavailable: capture does not answer, or is lost on the way.
    """
    try:
        # Pictures are compressed already; no proxy is asked for what is on this machine or next to it.
        connection = connect(f"{url.rstrip('/')}/v1/cameras/{camera}", compression=None, proxy=None)
    except (WebSocketException, OSError) as error:
        raise _unavailable(url, error) from error
    with connection:
        try:
            yield PhotoCamera(connection, camera, client, look)
        except ConnectionClosed as error:
            raise _unavailable(url, error) from error


def _unavailable(url: str, error: Exception) -> CaptureUnavailable:
    return CaptureUnavailable(
        f"Capture cannot be reached at {url}: {error or type(error).__name__}. Start Familiar with `familiar up`, or "
        "set FAMILIAR_CAPTURE_URL, and run the same command again: no picture is taken twice."
    )


class PhotoCamera:
    """Shows pictures no faster than they are worked through."""

    def __init__(
        self, connection: ClientConnection, camera: str, client: redis.Redis, look: Callable[[], object]
    ) -> None:
        self._connection = connection
        self._frames = redis_names.frames(camera)
        self._client = client
        self._look = look

    def show(self, pictures: Sequence[Path]) -> dict[Path, str]:
        """Show each picture, wait until all are worked through, and answer which were refused, and why."""
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
        """Show a picture; None, or why it was refused."""
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

"""The edge to browsers: a WebSocket endpoint that turns a page's webcam into a camera like any other.

    ws://127.0.0.1:8001/v1/cameras/<name>

Each binary message is one picture: JPEG, PNG or WebP. The reply is `{"published": n}` once it is published as the nth,
or a problem document (RFC 9457) that says what is wrong with it. The reply is the backpressure: a client that waits for
it before it sends its newest picture never lags. While Redis is down, the reply waits. The camera lives as long as the
connection, and as the token with which it was opened, which has the scope `camera` or `admin`.
"""

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import redis
import structlog
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from familiar.services.capture.handshake import PATH, Handshake
from familiar.services.capture.metrics import forget_camera
from familiar.services.capture.publisher import FramePublisher
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.contract.errors import (
    CameraTaken,
    FamiliarError,
    InvalidName,
    InvalidRequest,
    PortTaken,
    TooManyCameras,
)
from familiar.shared.contract.slugs import is_slug
from familiar.shared.redis.cameras import ANNOUNCEMENT_SECONDS
from familiar.shared.vision.detector import reduce
from familiar.shared.vision.images import BYTE_LIMIT, Image, check_picture, decode_image, encode_jpeg
from familiar.shared.vision.jpeg import is_bare_jpeg

SHOWN_SOURCE = "browser"

# Clients wait for each reply, so a longer receive queue would only hold memory.
_WAITING_PICTURES = 1
_ANNOUNCE_EVERY_SECONDS = 1.0
_POLICY_VIOLATION = 1008
_TRY_AGAIN_LATER = 1013

# Of a photograph of a telephone: a larger picture is reduced, because the extractor decodes it once more.
_FRAME_PIXELS = 12_500_000
# Threads that the server has for a connection, and as many again for one that is being opened.
_THREADS_OF_A_CAMERA = 6
_OTHER_THREADS = 16

_log = structlog.get_logger()


class BrowserCameras:
    """WebSocket server for browser cameras, one thread per connection."""

    def __init__(self, client: redis.Redis, settings: CaptureSettings, stopped: threading.Event) -> None:
        """Reserve the names of `settings.cameras`; `stopped` ends publishing on every connection."""
        self._client = client
        self._settings = settings
        self._stopped = stopped
        self._taken = set(settings.cameras)
        # When the announcements expire of cameras that have ended.
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()
        self._large = threading.Lock()
        self._handshake = Handshake(settings)

    def open_server(self) -> Server:
        """Bind the camera port and return the server, for `serve_forever` and `shutdown`.

        Raises:
            PortTaken: the port cannot be bound.
        """
        host, port = self._settings.host, self._settings.camera_port
        try:
            return serve(
                self._serve,
                host,
                port,
                process_request=self._handshake.refuse,
                create_connection=self._connect,  # type: ignore[arg-type]  # documented to take any factory
                # Pictures are compressed already.
                compression=None,
                max_size=BYTE_LIMIT,
                max_queue=_WAITING_PICTURES,
                server_header=None,
            )
        except OSError as error:
            raise PortTaken(f"Capture cannot listen on {host}:{port}: {error}. Set FAMILIAR_CAMERA_PORT.") from error

    def _connect(self, *arguments: Any, **options: Any) -> ServerConnection:  # noqa: ANN401 - passed on
        """Take up a connection, unless there are more threads than the cameras and their handshakes need."""
        most = _THREADS_OF_A_CAMERA * self._settings.most_cameras + len(self._settings.cameras) + _OTHER_THREADS
        if threading.active_count() > most:
            raise TooManyCameras
        return ServerConnection(*arguments, **options)

    def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        camera = request.path.removeprefix(PATH) if request else ""
        with suppress(ConnectionClosed):
            try:
                with self._name(camera):
                    self._publish(connection, camera)
            except FamiliarError as error:
                connection.send(json.dumps(error.problem))
                later = isinstance(error, TooManyCameras)
                connection.close(_TRY_AGAIN_LATER if later else _POLICY_VIOLATION, error.title)

    @contextmanager
    def _name(self, camera: str) -> Iterator[None]:
        """Reserve a camera's name while the `with` block lasts.

        Raises:
            InvalidName: it is not a slug.
            CameraTaken: another camera has it.
            TooManyCameras: with it, more would be announced than FAMILIAR_MOST_CAMERAS.
        """
        if not is_slug(camera):
            raise InvalidName(f"{camera!r} is no name for a camera. Use lower-case letters, digits and hyphens.")
        with self._lock:
            if camera in self._taken:
                raise CameraTaken(f"There is a camera {camera!r} already. Choose another name.")
            now = time.monotonic()
            self._ended = {name: until for name, until in self._ended.items() if until > now and name != camera}
            if len(self._taken) + len(self._ended) - len(self._settings.cameras) >= self._settings.most_cameras:
                raise TooManyCameras
            self._taken.add(camera)
        try:
            yield
        finally:
            with self._lock:
                self._taken.remove(camera)
                self._ended[camera] = time.monotonic() + ANNOUNCEMENT_SECONDS

    def _publish(self, connection: ServerConnection, camera: str) -> None:
        publisher = FramePublisher(self._client, camera, SHOWN_SOURCE, self._stopped)
        _log.info("camera runs", camera=camera, source=SHOWN_SOURCE)
        try:
            while not self._stopped.is_set():
                self._handshake.require_token(connection)
                try:
                    message = connection.recv(timeout=_ANNOUNCE_EVERY_SECONDS)
                except TimeoutError:
                    publisher.keep_announced()
                else:
                    connection.send(self._answer(publisher, message))
        finally:
            _log.info("camera ended", camera=camera, frames=publisher.published)
            publisher.end("The browser has closed the camera.")
            forget_camera(camera)

    def _answer(self, publisher: FramePublisher, message: str | bytes) -> str:
        """Publish the picture in a message; return the JSON reply, a count or a problem document."""
        try:
            if isinstance(message, str):
                raise InvalidRequest("A text came where a picture was expected. Send each as a binary message.")
            large = check_picture(message).work > _FRAME_PIXELS
            # One after the other: large pictures take one core, and hold up no camera that sends small ones.
            with self._large if large else nullcontext():
                image, jpeg = _as_frame(message)
        except FamiliarError as error:
            return json.dumps(error.problem)
        publisher.publish(image, jpeg)
        return json.dumps({"published": publisher.published})


def _as_frame(picture: bytes) -> tuple[Image, bytes]:
    """Decode a picture, and return it with a JPEG that is as cheap to decode as one of a camera."""
    image = decode_image(picture)
    height, width = image.shape[:2]
    if width * height > _FRAME_PIXELS:
        image = reduce(image, math.sqrt(_FRAME_PIXELS / (width * height)))
    elif is_bare_jpeg(picture):
        return image, picture
    return image, encode_jpeg(image)

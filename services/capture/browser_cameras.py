"""The edge to browsers: a WebSocket endpoint that turns a page's webcam into a camera like any other.

    ws://127.0.0.1:8001/v1/cameras/<name>

Each binary message is one picture: JPEG, PNG or WebP. The reply is `{"published": n}` once it is published as the nth,
or a problem document (RFC 9457) that says what is wrong with it. The reply is the backpressure: a client that waits for
it before it sends its newest picture never lags. While Redis is down, the reply waits. The camera lives as long as the
connection.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from urllib.parse import urlsplit

import redis
import structlog
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from familiar.services.capture.publisher import FramePublisher
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.contract.errors import CameraTaken, FamiliarError, InvalidName, InvalidRequest, PortTaken
from familiar.shared.contract.slugs import is_slug
from familiar.shared.runtime.host_header import host_name
from familiar.shared.runtime.settings import LOCAL_HOSTS
from familiar.shared.vision.images import BYTE_LIMIT, decode_image
from familiar.shared.vision.jpeg import is_bare_jpeg

PATH = "/v1/cameras/"
# A browser leaves these out of an Origin.
_DEFAULT_PORTS = {"http": 80, "https": 443}
SHOWN_SOURCE = "browser"

# Clients wait for each reply, so a longer receive queue would only hold memory.
_WAITING_PICTURES = 1
_ANNOUNCE_EVERY_SECONDS = 1.0
_POLICY_VIOLATION = 1008

_log = structlog.get_logger()


class BrowserCameras:
    """WebSocket server for browser cameras, one thread per connection."""

    def __init__(self, client: redis.Redis, settings: CaptureSettings, stopped: threading.Event) -> None:
        """Reserve the names of `settings.cameras`; `stopped` ends publishing on every connection."""
        self._client = client
        self._settings = settings
        self._stopped = stopped
        self._taken = set(settings.cameras)
        self._lock = threading.Lock()

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
                process_request=self._refuse,
                # Pictures are compressed already.
                compression=None,
                max_size=BYTE_LIMIT,
                max_queue=_WAITING_PICTURES,
                server_header=None,
            )
        except OSError as error:
            raise PortTaken(f"Capture cannot listen on {host}:{port}: {error}. Set FAMILIAR_CAMERA_PORT.") from error

    def _refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse DNS rebinding (foreign Host) and cross-site WebSocket hijacking (foreign Origin); None accepts."""
        host = host_name(request.headers.get("Host", ""))
        if host is None or host not in self._settings.all_allowed_hosts:
            return connection.respond(HTTPStatus.MISDIRECTED_REQUEST, "Ask under another name of this machine.\n")
        origin = request.headers.get("Origin")
        if origin is not None and not is_own_page(origin, host, self._settings.port):
            return connection.respond(HTTPStatus.FORBIDDEN, "Only Familiar's own page may open a camera here.\n")
        if not request.path.startswith(PATH):
            return connection.respond(HTTPStatus.NOT_FOUND, f"A camera is opened at {PATH}<name>.\n")
        return None

    def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        camera = request.path.removeprefix(PATH) if request else ""
        with suppress(ConnectionClosed):
            try:
                with self._name(camera):
                    self._publish(connection, camera)
            except FamiliarError as error:
                connection.send(json.dumps(error.problem))
                connection.close(_POLICY_VIOLATION, error.title)

    @contextmanager
    def _name(self, camera: str) -> Iterator[None]:
        """Reserve a camera's name while the `with` block lasts.

        Raises:
            InvalidName: it is not a slug.
            CameraTaken: another camera has it.
        """
        if not is_slug(camera):
            raise InvalidName(f"{camera!r} is no name for a camera. Use lower-case letters, digits and hyphens.")
        with self._lock:
            if camera in self._taken:
                raise CameraTaken(f"There is a camera {camera!r} already. Choose another name.")
            self._taken.add(camera)
        try:
            yield
        finally:
            with self._lock:
                self._taken.remove(camera)

    def _publish(self, connection: ServerConnection, camera: str) -> None:
        publisher = FramePublisher(self._client, camera, SHOWN_SOURCE, self._stopped)
        _log.info("camera runs", camera=camera, source=SHOWN_SOURCE)
        try:
            while not self._stopped.is_set():
                try:
                    message = connection.recv(timeout=_ANNOUNCE_EVERY_SECONDS)
                except TimeoutError:
                    publisher.keep_announced()
                else:
                    connection.send(_answer(publisher, message))
        finally:
            _log.info("camera ended", camera=camera, frames=publisher.published)
            publisher.end("The browser has closed the camera.")


def _answer(publisher: FramePublisher, message: str | bytes) -> str:
    """Publish the picture in a message; return the JSON reply, a count or a problem document."""
    try:
        if isinstance(message, str):
            raise InvalidRequest("A text came where a picture was expected. Send each as a binary message.")
        image = decode_image(message)
    except FamiliarError as error:
        return json.dumps(error.problem)
    publisher.publish(image, message if is_bare_jpeg(message) else None)
    return json.dumps({"published": publisher.published})


def is_own_page(origin: str, host: str, page_port: int) -> bool:
    """Return whether an Origin is that of Familiar's page on the requested host.

    On a host that is not local, the page may also be behind a reverse proxy, on the scheme's default port.
    """
    try:
        page = urlsplit(origin)
        port = page.port
    except ValueError:
        return False
    if port is None and host in LOCAL_HOSTS:
        port = _DEFAULT_PORTS.get(page.scheme)
    return page.hostname == host and port in {page_port, None}

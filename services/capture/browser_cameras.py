"""The edge to browsers: a page sends what its webcam sees over a WebSocket, and it becomes a camera like any other.

    ws://127.0.0.1:8001/v1/cameras/<name>

Each binary message is a picture, JPEG, PNG or WebP. It is answered by `{"published": n}` when it is published as the
nth, or by a problem document (RFC 9457) that says what is wrong with it. Whoever sends the next picture only after that
answer, and then the newest, is never behind. With Redis away the answer waits. The camera is there as long as the
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
from familiar.shared.runtime.hosts import host_name
from familiar.shared.runtime.settings import LOCAL_HOSTS
from familiar.shared.vision.images import BYTE_LIMIT, decode_image
from familiar.shared.vision.jpeg import is_bare_jpeg

PATH = "/v1/cameras/"
SHOWN_SOURCE = "browser"

# A webcam's picture is a fraction of a megabyte, and the next one is asked for when this one is published.
_WAITING_PICTURES = 1
_ANNOUNCE_EVERY_SECONDS = 1.0
_POLICY_VIOLATION = 1008

_log = structlog.get_logger()


class BrowserCameras:
    """Serves the cameras of browsers, each in a thread of its own."""

    def __init__(self, client: redis.Redis, settings: CaptureSettings, stopped: threading.Event) -> None:
        """Take the names of `settings.cameras` as taken; `stopped` ends what is being published."""
        self._client = client
        self._settings = settings
        self._stopped = stopped
        self._taken = set(settings.cameras)
        self._lock = threading.Lock()

    def open_server(self) -> Server:
        """Listen; `serve_forever` of the server then serves, and `shutdown` ends it.

        Raises:
            PortTaken: somebody else listens there.
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
        """Refuse what the page of another site makes a browser open, and who asks under a name not Familiar's."""
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
        """Hold a camera's name for as long as the `with` block lasts.

        Raises:
            InvalidName: it is no name for a camera.
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
    """Publish the picture of a message, and say so, or what is wrong with it."""
    try:
        if isinstance(message, str):
            raise InvalidRequest("A text came where a picture was expected. Send each as a binary message.")
        image = decode_image(message)
    except FamiliarError as error:
        return json.dumps(error.problem)
    publisher.publish(image, message if is_bare_jpeg(message) else None)
    return json.dumps({"published": publisher.published})


def is_own_page(origin: str, host: str, page_port: int) -> bool:
    """Tell whether an Origin is that of Familiar's page, on the host that was asked.

    Under another name than this machine's own it may stand behind a proxy, on the port that is not written.
    """
    try:
        page = urlsplit(origin)
        port = page.port
    except ValueError:
        return False
    return page.hostname == host and (port == page_port or (port is None and host not in LOCAL_HOSTS))

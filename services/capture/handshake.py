"""Decides which WebSocket handshakes are accepted: by the host that is asked, the page that asks, and the token."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from familiar.services.capture.handshake_record import HandshakeRecord
from familiar.services.capture.settings import CaptureSettings
from familiar.shared.access.guard import Guard, secrets_sent
from familiar.shared.access.scopes import Scope, only
from familiar.shared.access.token_store import Token, TokenStore
from familiar.shared.audit.audit_log import CAPTURE_FOLDER, AuditLog
from familiar.shared.contract.errors import CrossSiteRequest, FamiliarError, TokenMissing
from familiar.shared.runtime.host_header import host_name
from familiar.shared.runtime.settings import LOCAL_HOSTS

PATH = "/v1/cameras/"
SCOPES = only(Scope.CAMERA)
# Which of several would count, a proxy before this server may see otherwise.
_SENT_ONCE = ("Host", "Origin", "Authorization", "Cookie")
# A browser leaves these out of an Origin.
_DEFAULT_PORTS = {"http": 80, "https": 443}

_log = structlog.get_logger()


class Handshake:
    """The check of every handshake, and of open connections: tokens may be revoked meanwhile."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._settings = settings
        self._guard = Guard(TokenStore(settings.home), everybody=settings.access == "open")
        self._record = HandshakeRecord(AuditLog(settings.home, _log.warning, CAPTURE_FOLDER))

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the answer to a refused handshake, or None to accept; the audit log gets both.

        Refused are DNS rebinding (foreign Host), cross-site WebSocket hijacking (foreign Origin), missing tokens, and
        repeated headers.
        """
        if any(len(request.headers.get_all(name)) > 1 for name in _SENT_ONCE):
            return connection.respond(HTTPStatus.BAD_REQUEST, f"Send each of {', '.join(_SENT_ONCE)} once.\n")
        host = host_name(request.headers.get("Host", ""))
        if host is None or host not in self._settings.all_allowed_hosts:
            return connection.respond(HTTPStatus.MISDIRECTED_REQUEST, "Ask under another name of this machine.\n")
        origin = request.headers.get("Origin")
        if origin is not None and not is_own_page(origin, host, self._settings.port):
            self._record.refused(self._holder(request), _address(connection), CrossSiteRequest.code)
            return connection.respond(HTTPStatus.FORBIDDEN, "Only Familiar's own page may open a camera here.\n")
        try:
            token = self._admit(connection, request)
        except FamiliarError as refusal:
            self._record.refused(self._holder(request), _address(connection), refusal.code)
            response = connection.respond(HTTPStatus(refusal.status), f"{refusal.detail}\n")
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = 'Bearer realm="Familiar"'
            return response
        if not request.path.startswith(PATH):
            return connection.respond(HTTPStatus.NOT_FOUND, f"A camera is opened at {PATH}<name>.\n")
        self._record.opened(request.path.removeprefix(PATH), token, _address(connection))
        return None

    def require_token(self, connection: ServerConnection) -> None:
        """Check that the token of an open connection is still valid.

        Raises:
            FamiliarError: it was revoked or has expired.
        """
        if connection.request is None:
            raise TokenMissing
        self._admit(connection, connection.request)

    def _admit(self, connection: ServerConnection, request: Request) -> Token:
        return self._guard.admit(_sent(request), _address(connection), SCOPES)

    def _holder(self, request: Request) -> Token | None:
        return self._guard.holder(_sent(request))


def _sent(request: Request) -> Sequence[str]:
    return secrets_sent(request.headers.get("Authorization"), request.headers.get("Cookie"))


def _address(connection: ServerConnection) -> str:
    """Return the client's address, or nothing once it has left."""
    try:
        return str(connection.remote_address[0])
    except OSError:
        return ""


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

"""HTTP: the page's session, a cookie that holds a token."""

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response, status

from familiar.services.inference.http.access.access_control import token_of
from familiar.services.inference.http.responses import NO_STORE
from familiar.shared.access.guard import COOKIE_PREFIX, secrets_sent
from familiar.shared.access.scopes import Scope
from familiar.shared.contract.errors import TokenMissing
from familiar.shared.contract.messages import Message, Time

_LONGEST = timedelta(days=30)


class Session(Message):
    """Whose token a request has, and what it is good for."""

    name: str
    scopes: tuple[Scope, ...]
    expires_at: Time | None


def session_routes() -> APIRouter:
    """Return the routes with which a browser logs in and out."""
    routes = APIRouter(prefix="/v1/session", tags=["session"])

    @routes.get("")
    def show_session(request: Request, response: Response) -> Session:
        """Return the name and the scopes of the token that the request has."""
        response.headers.update(NO_STORE)
        return _session_of(request)

    @routes.post("")
    def log_in(request: Request, response: Response) -> Session:
        """Keep the token of the header Authorization in a cookie, which no script can read and no other site sends."""
        sent = secrets_sent(request.headers.get("authorization"), None)
        if not sent:
            raise TokenMissing
        response.headers.update(NO_STORE)
        response.set_cookie(
            _cookie_name(request),
            sent[0],
            max_age=round(_LONGEST.total_seconds()),
            secure=_over_https(request),
            httponly=True,
            samesite="strict",
        )
        return _session_of(request)

    @routes.delete("", status_code=status.HTTP_204_NO_CONTENT)
    def log_out(request: Request, response: Response) -> None:
        """Delete the cookie; the token stays valid until it is revoked."""
        response.delete_cookie(_cookie_name(request), secure=_over_https(request), httponly=True, samesite="strict")

    return routes


def _session_of(request: Request) -> Session:
    token = token_of(request.scope)
    scopes = tuple(scope for scope in Scope if scope in token.scopes)
    return Session(name=token.name, scopes=scopes, expires_at=token.expires_at)


def _cookie_name(request: Request) -> str:
    return f"{COOKIE_PREFIX}{request.url.port or ''}"


def _over_https(request: Request) -> bool:
    """Return whether the browser's connection is encrypted, be it by a proxy before this server."""
    return "https" in (request.url.scheme, urlsplit(request.headers.get("origin", "")).scheme)

"""Protection against CSRF and DNS rebinding: a browser sends the page's cookie, whoever has it send a request."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from familiar.services.inference.http.problems import problem
from familiar.shared.contract.errors import CrossSiteRequest, HostNotAllowed
from familiar.shared.runtime.host_header import host_name

_OTHER_SITES = frozenset({"cross-site", "same-site"})
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


class SameSiteOnly:
    """ASGI middleware that refuses foreign Host headers and cross-site writes."""

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str]) -> None:
        """Wrap `app`; `allowed_hosts` are in lower case."""
        self._app = app
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the problem."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if host_name(headers.get("host", "")) not in self._allowed_hosts:
                await problem(HostNotAllowed())(scope, receive, send)
                return
            if scope["method"] not in _HARMLESS and comes_from_another_site(headers):
                await problem(CrossSiteRequest())(scope, receive, send)
                return
        await self._app(scope, receive, send)


def comes_from_another_site(headers: Headers) -> bool:
    """Return whether a request is cross-site, by Origin and Sec-Fetch-Site.

    Browsers send the latter only over connections that they trust, as to localhost.
    """
    origin = headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()
    return foreign or headers.get("sec-fetch-site") in _OTHER_SITES

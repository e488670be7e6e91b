"""Which scopes may use a route. A route that is not listed here is for `admin` alone."""

import re
from collections.abc import Mapping

from familiar.shared.access.scopes import ADMIN_ONLY, ANY_SCOPE, Scope, only

# For everybody, without a token: what shows nobody. Probes of orchestrators send no secrets.
OPEN = frozenset(
    {
        "GET /",
        "GET /healthz",
        "GET /readyz",
        "GET /docs",
        "GET /docs/oauth2-redirect",
        "GET /redoc",
        "GET /openapi.json",
        # Whoever has no valid token any more may log out, too.
        "DELETE /v1/session",
    }
)
# Files of the page and of the description of HTTP.
OPEN_FOLDERS = ("/studio/", "/static-offline-docs/")

SCOPES: Mapping[str, frozenset[Scope]] = {
    "GET /v1/session": ANY_SCOPE,
    "POST /v1/session": ANY_SCOPE,
    "POST /v1/predictions": only(Scope.PREDICT),
    "GET /v1/models": only(Scope.PREDICT, Scope.WATCH),
    "GET /v1/models/{version}": only(Scope.PREDICT, Scope.WATCH),
    "GET /v1/services": only(Scope.WATCH),
    "GET /v1/cameras": only(Scope.WATCH),
    "GET /v1/cameras/{camera}/preview": only(Scope.WATCH),
    "GET /v1/cameras/{camera}/faces/stream": only(Scope.WATCH),
    "GET /v1/people": only(Scope.WATCH),
    "GET /v1/predictions/stream": only(Scope.WATCH),
    "GET /v1/sightings": only(Scope.WATCH),
    "GET /v1/sightings/stream": only(Scope.WATCH),
    "GET /metrics": only(Scope.METRICS),
}


def pattern_of(route: str) -> re.Pattern[str]:
    """Return the pattern of requests to a route, with a group for each parameter of its path."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route)))


_PATTERNS = tuple((pattern_of(route), scopes) for route, scopes in SCOPES.items() if "{" in route)


def scopes_for(method: str, path: str) -> frozenset[Scope] | None:
    """Return the scopes that may send a request, or None where it takes no token."""
    route = f"{'GET' if method == 'HEAD' else method} {path}"
    scopes = SCOPES.get(route)
    if scopes is not None:
        return scopes
    if route in OPEN or (route.startswith("GET ") and path.startswith(OPEN_FOLDERS)):
        return None
    return next((scopes for pattern, scopes in _PATTERNS if pattern.fullmatch(route)), ADMIN_ONLY)

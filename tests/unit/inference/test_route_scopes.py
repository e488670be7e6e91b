"""Which scopes may use which route: all of them, written down once more."""

import pytest
from fastapi import APIRouter
from starlette.routing import WebSocketRoute

from familiar.services.inference.http.access.route_scopes import OPEN, OPEN_FOLDERS, SCOPES, scopes_for
from familiar.shared.access.scopes import ADMIN_ONLY, Scope, only
from tests.http_types import unasked_app
from tests.routes import request_to, routes_of

FOR_EVERYBODY = {
    "GET /",
    "GET /healthz",
    "GET /readyz",
    "GET /docs",
    "GET /docs/oauth2-redirect",
    "GET /redoc",
    "GET /openapi.json",
    "GET /static-offline-docs/file",
    "GET /studio/file",
    "DELETE /v1/session",
}
FOR_ANY_TOKEN = {"GET /v1/session", "POST /v1/session"}
BESIDE_ADMIN = {
    Scope.PREDICT: {"POST /v1/predictions", "GET /v1/models", "GET /v1/models/{version}"},
    Scope.WATCH: {
        "GET /v1/models",
        "GET /v1/models/{version}",
        "GET /v1/services",
        "GET /v1/cameras",
        "GET /v1/cameras/{camera}/preview",
        "GET /v1/cameras/{camera}/faces/stream",
        "GET /v1/people",
        "GET /v1/predictions/stream",
        "GET /v1/sightings",
        "GET /v1/sightings/stream",
    },
    Scope.METRICS: {"GET /metrics"},
    # Cameras are opened at capture.
    Scope.CAMERA: set(),
}


def may_use(route: str) -> frozenset[Scope] | None:
    """Give the scopes that may use a route."""
    return scopes_for(*request_to(route))


def test_each_scope_may_use_these_routes_and_no_other() -> None:
    """Of every route that the application has, those that the description of HTTP leaves out included."""
    routes = set(routes_of(unasked_app()))
    assert {route for route in routes if may_use(route) is None} == FOR_EVERYBODY
    guarded = routes - FOR_EVERYBODY
    assert {route for route in guarded if Scope.ADMIN not in (may_use(route) or ())} == set()
    for scope, allowed in BESIDE_ADMIN.items():
        assert {route for route in guarded if scope in (may_use(route) or ())} == allowed | FOR_ANY_TOKEN


def test_every_declaration_is_of_a_route_that_there_is() -> None:
    """A route that is renamed takes its declaration along."""
    routes = set(routes_of(unasked_app()))
    assert {*SCOPES, *OPEN} <= routes
    assert {f"GET {folder}file" for folder in OPEN_FOLDERS} <= routes


def test_nothing_is_a_websocket() -> None:
    """The check is of requests; cameras have a server of their own."""
    assert not [route for route in unasked_app().routes if isinstance(route, WebSocketRoute)]


def test_a_route_that_declares_nothing_is_for_admin() -> None:
    """Whoever adds one and forgets the scopes opens nothing."""
    app, added = unasked_app(), APIRouter()
    added.add_api_route("/v1/people/{person}/diary", lambda: None)
    app.include_router(added)
    (route,) = set(routes_of(app)) - set(routes_of(unasked_app()))
    assert may_use(route) == ADMIN_ONLY


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/studio/studio.js"),
        ("DELETE", "/healthz"),
        ("GET", "/healthz/"),
        ("GET", "//healthz"),
        ("GET", "/healthz\n"),
        ("GET", "/Healthz"),
        ("GET", "/studio"),
        ("GET", "/v1/../studio/studio.js"),
        ("GET", "/v1/models/"),
        ("GET", "/v1/models/1/report"),
        ("POST", "/v1/models/1"),
        ("OPTIONS", "/v1/people"),
        ("GET", ""),
    ],
)
def test_what_is_only_like_a_declared_route_is_for_admin(method: str, path: str) -> None:
    """Another method, another path."""
    assert scopes_for(method, path) == ADMIN_ONLY


def test_the_head_of_an_answer_is_for_whoever_may_have_the_answer() -> None:
    """It says less."""
    assert scopes_for("HEAD", "/") is None
    assert scopes_for("HEAD", "/v1/cameras") == only(Scope.WATCH)

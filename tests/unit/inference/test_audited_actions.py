"""What is recorded of requests: all routes, written down once more."""

from familiar.services.inference.http.access.route_scopes import scopes_for
from familiar.services.inference.http.audit.actions import ACTIONS, UNRECORDED, request_of
from familiar.shared.audit.entry import Action
from tests.http_types import unasked_app
from tests.routes import request_to, routes_of

NO_PICTURES = {"application/json", "text/plain"}
# It changes nothing, and there are many.
CHANGES_NOTHING = {"POST /v1/predictions"}


def recorded(route: str) -> bool:
    """Tell whether a request to a route is recorded when it is not refused."""
    request = request_of(*request_to(route))
    return request is not None and request.recorded


def test_every_route_is_recorded_or_left_out_by_name() -> None:
    """Of those that take a token; a route that is renamed takes its declaration along."""
    guarded = {route for route in routes_of(unasked_app()) if scopes_for(*request_to(route)) is not None}
    assert {*ACTIONS, *UNRECORDED} == guarded
    assert not ACTIONS.keys() & set(UNRECORDED)


def test_every_route_that_changes_something_is_recorded() -> None:
    """Logging out alone is not: it deletes a cookie, and whoever has no token may do that, too."""
    changing = {route for route in routes_of(unasked_app()) if not route.startswith("GET ")}
    assert {route for route in changing if not recorded(route)} == {*CHANGES_NOTHING, "DELETE /v1/session"}


def test_every_route_that_shows_a_face_is_recorded() -> None:
    """By what it answers: a picture, a report, a model; a description of it in JSON is none."""
    app = unasked_app()
    paths = app.openapi()["paths"]
    pictures = {
        f"GET {path}"
        for path, operations in paths.items()
        if "get" in operations and set(operations["get"]["responses"]["200"].get("content", {})) - NO_PICTURES
    }
    assert len(pictures) > 6
    assert {route for route in pictures if not recorded(route)} == {"GET /v1/cameras/{camera}/faces/stream"}


def test_a_route_that_nobody_declared_is_recorded() -> None:
    """Whoever adds one and forgets the audit log hides nothing."""
    request = request_of("DELETE", "/v1/people/zoe/diary")
    assert request is not None
    assert request.recorded
    assert request.subject == {}


def test_a_request_is_named_before_it_is_routed() -> None:
    """With whom and what its path says, but never with somebody who is to be forgotten, and with no face's id."""
    face = "0" * 64
    assert request_of("PATCH", "/v1/people/zoe") == (Action.RENAME, {"person": "zoe"}, True)
    assert request_of("DELETE", "/v1/people/zoe") == (Action.FORGET, {}, True)
    assert request_of("DELETE", f"/v1/people/zoe/samples/{face}") == (Action.DELETE_SAMPLE, {"person": "zoe"}, True)
    assert request_of("POST", "/v1/models/3/activate") == (Action.PIN_VERSION, {"version": "3"}, True)
    assert request_of("HEAD", "/v1/models/3/report") == (Action.SHOW_REPORT, {"version": "3"}, True)
    assert request_of("GET", "/healthz") is None

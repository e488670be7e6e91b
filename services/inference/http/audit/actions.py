"""What a request does, as the audit log says it. A route that is not listed here is recorded by its method and path."""

from collections.abc import Mapping
from typing import NamedTuple

from familiar.services.inference.http.access.route_scopes import pattern_of, scopes_for
from familiar.shared.audit.entry import Action

ACTIONS: Mapping[str, Action] = {
    "POST /v1/session": Action.LOG_IN,
    "POST /v1/enrolments": Action.ENROL,
    "POST /v1/enrolments/{camera}/end-train": Action.END_TRAIN,
    "DELETE /v1/enrolments/{camera}": Action.CANCEL_ENROLMENT,
    "PATCH /v1/people/{person}": Action.RENAME,
    "DELETE /v1/people/{person}": Action.FORGET,
    "GET /v1/people/{person}/samples": Action.SHOW_SAMPLES,
    "GET /v1/people/{person}/samples/{sample_id}": Action.SHOW_SAMPLES,
    "DELETE /v1/people/{person}/samples/{sample_id}": Action.DELETE_SAMPLE,
    "GET /v1/predictions/{prediction_id}/faces/{number}": Action.SHOW_KEPT_FACE,
    "POST /v1/corrections": Action.CORRECT,
    "POST /v1/training-jobs": Action.TRAIN,
    "POST /v1/models/{version}/activate": Action.PIN_VERSION,
    "POST /v1/models/unpin": Action.UNPIN_VERSION,
    "GET /v1/models/{version}/report": Action.SHOW_REPORT,
    "GET /v1/models/{version}/pictures/{name}": Action.SHOW_REPORT,
    "GET /v1/models/{version}/keras": Action.DOWNLOAD_MODEL,
    "GET /v1/models/{version}/bundle": Action.DOWNLOAD_MODEL,
    "GET /v1/cameras/{camera}/preview": Action.WATCH,
    "GET /v1/predictions/stream": Action.WATCH,
    "GET /v1/sightings": Action.WATCH,
    "GET /v1/sightings/stream": Action.WATCH,
    "GET /v1/audit": Action.SHOW_AUDIT,
    **{
        f"{method} /v1/{name}{rest}": action
        for name in ("strangers", "background")
        for method, rest, action in (
            ("POST", "", Action.ADD_STRANGERS),
            ("GET", "/{source}/{face_id}", Action.SHOW_STRANGERS),
            ("DELETE", "/{source}/{face_id}", Action.DELETE_STRANGERS),
        )
    },
}

# What neither changes anything nor shows a face, or is asked for each picture: recorded only where it is refused.
UNRECORDED = (
    "POST /v1/predictions",
    "GET /v1/session",
    "GET /v1/services",
    "GET /v1/cameras",
    "GET /v1/cameras/{camera}/faces/stream",
    "GET /v1/people",
    "GET /v1/models",
    "GET /v1/models/{version}",
    "GET /v1/enrolments",
    "GET /v1/enrolments/{camera}",
    "GET /v1/training-jobs",
    "GET /v1/training-jobs/{job_id}",
    "GET /v1/strangers",
    "GET /v1/strangers/{source}",
    "GET /v1/background",
    "GET /v1/background/{source}",
    "GET /metrics",
)

# Of a path, what says to whom or what something is done; of a deleted face not even its hash is kept.
_SUBJECTS = ("person", "camera", "version", "source")


class Request(NamedTuple):
    """What a request does, to whom, and whether that is recorded if it is not refused."""

    action: str
    subject: dict[str, str]
    recorded: bool


_ROUTES = frozenset({*ACTIONS, *UNRECORDED})
_PATTERNS = tuple((route, pattern_of(route)) for route in _ROUTES if "{" in route)


def request_of(method: str, path: str) -> Request | None:
    """Return what a request does, or None if it takes no token.

    It is known before the request is routed, so that refused ones are named as well.
    """
    if scopes_for(method, path) is None:
        return None
    asked = f"{'GET' if method == 'HEAD' else method} {path}"
    if asked in _ROUTES:
        return _request(asked, {})
    matches = ((route, pattern.fullmatch(asked)) for route, pattern in _PATTERNS)
    found = next((_request(route, match.groupdict()) for route, match in matches if match), None)
    return found or Request("", {}, recorded=True)


def _request(route: str, parameters: dict[str, str]) -> Request:
    action = ACTIONS.get(route)
    # Whoever is forgotten is named nowhere.
    told = {} if action is Action.FORGET else parameters
    return Request(
        action or route, {what: told[what] for what in _SUBJECTS if what in told}, recorded=action is not None
    )

"""Declares in the OpenAPI document which problems each route answers with: its own, and those of all routes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from familiar.services.inference.http.access.route_scopes import scopes_for
from familiar.services.inference.http.problems import PROBLEM_MEDIA_TYPE
from familiar.shared.contract.errors import (
    AnswerWithdrawn,
    BrokenTokens,
    Busy,
    CrossSiteRequest,
    DiskFull,
    FamiliarError,
    HeadersTooLarge,
    HostNotAllowed,
    InvalidRequest,
    RedisUnavailable,
    ScopeMissing,
    SlowRequest,
    TokenExpired,
    TokenMissing,
    TokenWrong,
    TooManyAttempts,
)
from familiar.shared.contract.messages import Message

Errors = type[FamiliarError]
Responses = dict[int | str, dict[str, Any]]

_OF_ALL: tuple[Errors, ...] = (HostNotAllowed, HeadersTooLarge, Busy, AnswerWithdrawn, RedisUnavailable)
_OF_TOKENS: tuple[Errors, ...] = (TokenMissing, TokenWrong, TokenExpired, ScopeMissing, TooManyAttempts, BrokenTokens)
_OF_WRITES: tuple[Errors, ...] = (CrossSiteRequest, DiskFull)
_OF_BODIES: tuple[Errors, ...] = (InvalidRequest, SlowRequest)
_NO_SUCH_ADDRESS = "`http-error`: There is no such address, as where a part of it is empty or has a slash."
_CODES = "x-codes"


class Problem(Message):
    """A problem document (RFC 9457): what is wrong, and what to do about it."""

    type: str
    """`urn:familiar:` and the code."""
    code: str
    """What programs tell it by; it never changes."""
    title: str
    status: int
    detail: str
    """A sentence for people."""


def problems(*errors: Errors) -> Responses:
    """Return the responses of a route that may raise these errors, for its decorator."""
    by_status: defaultdict[int, list[Errors]] = defaultdict(list)
    for error in errors:
        by_status[error.status].append(error)
    return {status: _response(_lines(group)) for status, group in by_status.items()}


def describe_problem_schema(document: dict[str, Any]) -> None:
    """Declare the form of a problem document, in place of what FastAPI would send."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    for never_sent in ("HTTPValidationError", "ValidationError"):
        schemas.pop(never_sent, None)


def describe_problems(operation: dict[str, Any], method: str, path: str) -> None:
    """Add to an operation the problems that the server answers with whatever its route is."""
    errors = [*_OF_ALL]
    if scopes_for(method, path) is not None:
        errors += _OF_TOKENS
    if method != "GET":
        errors += _OF_WRITES
    if "requestBody" in operation:
        errors += _OF_BODIES
    responses = operation["responses"]
    if "422" in responses and PROBLEM_MEDIA_TYPE not in responses["422"]["content"]:
        # FastAPI's own, of a route with parameters.
        del responses["422"]
        errors.append(InvalidRequest)
    lines = {str(status): response[_CODES] for status, response in problems(*errors).items()}
    if "{" in path:
        lines.setdefault("404", []).append(_NO_SUCH_ADDRESS)
    for status, more in lines.items():
        own = responses.get(status, {}).get(_CODES, [])
        responses[status] = _response(list(dict.fromkeys((*own, *more))))
    for response in responses.values():
        response.pop(_CODES, None)


def _lines(errors: Iterable[Errors]) -> list[str]:
    return [f"`{error.code}`: {error().detail}" for error in errors]


def _response(lines: list[str]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "\n\n".join(lines), "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}, _CODES: lines}

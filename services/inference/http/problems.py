"""Errors as problem details (RFC 9457): every answer that is not a success says what to do, and never a traceback."""

from http import HTTPStatus

import redis
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import DiskFull, FamiliarError, InvalidRequest, RedisUnavailable
from familiar.shared.redis.connection import DISK_IS_FULL, trouble_of
from familiar.shared.redis.foreign_values import is_refused_for_a_foreign_value, remove_foreign_values

PROBLEM_MEDIA_TYPE = "application/problem+json"
# HTTP demands it of every 401.
_CHALLENGE = 'Bearer realm="Familiar"'

_WAS_FOREIGN = "Redis held a value of another program under a key of Familiar. It was deleted; send the request again."

_log = structlog.get_logger()


def answer_errors_with_problems(app: FastAPI, client: redis.Redis) -> None:
    """Register handlers with which `app` answers every error with a problem document.

    Where a foreign value under a key of Familiar is the reason, it is deleted from `client`'s Redis.
    """

    @app.exception_handler(FamiliarError)
    async def named(_request: Request, error: FamiliarError) -> JSONResponse:
        return problem(error)

    @app.exception_handler(redis.RedisError)
    async def redis_refuses(request: Request, error: redis.RedisError) -> JSONResponse:
        trouble = trouble_of(error)
        refused = is_refused_for_a_foreign_value(error)
        if refused and await run_in_threadpool(remove_foreign_values, client, redis_names.INFERENCE):
            return problem(RedisUnavailable(_WAS_FOREIGN))
        if trouble is None:
            return await bug(request, error)
        away = isinstance(error, redis.ConnectionError | redis.TimeoutError)
        return problem(RedisUnavailable(None if away else f"{trouble}. Mend that; Familiar then goes on by itself."))

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
        return problem(InvalidRequest("The request broke off. Send it again, whole."))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        return problem(InvalidRequest("; ".join(faults)))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        headers = {**(error.headers or {}), **_allow(app, request, error.status_code)}
        return _answer(error.status_code, "http-error", str(error.detail), str(error.detail), headers)

    @app.exception_handler(OSError)
    async def disk_refuses(request: Request, error: OSError) -> JSONResponse:
        return problem(DiskFull()) if error.errno in DISK_IS_FULL else await bug(request, error)

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        # The route, as the path may name somebody.
        route = getattr(request.scope.get("route"), "path", None)
        _log.error("request failed", route=route, method=request.method, exc_info=error)
        return _answer(500, "internal-error", "internal error", "Inference failed; its log has the reason.")


def _allow(app: FastAPI, request: Request, status: int) -> dict[str, str]:
    """Return the header Allow, which belongs to a refused method; the router names those of one route of the path."""
    if status != HTTPStatus.METHOD_NOT_ALLOWED:
        return {}
    path = request.url.path
    routes = [route for route in iter_route_contexts(app.routes) if route.methods and route.path_regex.fullmatch(path)]
    return {"Allow": ", ".join(sorted({method for route in routes for method in route.methods or ()}))}


def problem(error: FamiliarError) -> JSONResponse:
    """Return a named error's problem document as a response."""
    headers = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _CHALLENGE
    return JSONResponse(error.problem, status_code=error.status, media_type=PROBLEM_MEDIA_TYPE, headers=headers)


def _answer(status: int, code: str, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"type": f"urn:familiar:{code}", "code": code, "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type=PROBLEM_MEDIA_TYPE, headers=headers)

"""Extends the OpenAPI document by what FastAPI does not know: tokens and scopes, and every problem of each route."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from familiar.services.inference.http.openapi.problems import describe_problem_schema, describe_problems
from familiar.services.inference.http.openapi.scopes import describe_scheme, describe_scopes

_METHODS = ("get", "post", "put", "patch", "delete")


def describe(app: FastAPI) -> None:
    """Extend the document that `app` gives of itself."""
    app.openapi = _extended(app.openapi)  # type: ignore[method-assign] # as FastAPI's documentation says


def _extended(describe_routes: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    extended: list[dict[str, Any]] = []

    def describe_all() -> dict[str, Any]:
        if not extended:
            document = describe_routes()
            describe_scheme(document)
            describe_problem_schema(document)
            for path, operations in document["paths"].items():
                for method in _METHODS:
                    if method in operations:
                        describe_scopes(operations[method], method.upper(), path)
                        describe_problems(operations[method], method.upper(), path)
            extended.append(document)
        return extended[0]

    return describe_all

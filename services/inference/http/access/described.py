"""Declares in the OpenAPI document how tokens are sent, and which scopes each route takes."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from familiar.services.inference.http.access.route_scopes import scopes_for
from familiar.shared.access.scopes import in_words

_BEARER = "token"
_METHODS = ("get", "post", "put", "patch", "delete")


def describe_access(app: FastAPI) -> None:
    """Extend the document that `app` gives of itself."""
    app.openapi = _with_scopes(app.openapi)  # type: ignore[method-assign] # as FastAPI's documentation says


def _with_scopes(describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    def describe_with_scopes() -> dict[str, Any]:
        document = describe()
        schemes = document["components"].setdefault("securitySchemes", {})
        if _BEARER not in schemes:
            schemes[_BEARER] = {"type": "http", "scheme": "bearer"}
            for path, operations in document["paths"].items():
                for method in _METHODS:
                    if method in operations:
                        _declare(operations[method], method.upper(), path)
        return document

    return describe_with_scopes


def _declare(operation: dict[str, Any], method: str, path: str) -> None:
    scopes = scopes_for(method, path)
    needs = "no token" if scopes is None else f"the scope {in_words(scopes)}"
    operation["description"] = f"{operation.get('description', '')}\n\nNeeds {needs}.".strip()
    operation["security"] = [] if scopes is None else [{_BEARER: []}]

"""Declares in the OpenAPI document how tokens are sent, and which scopes each route takes."""

from typing import Any

from familiar.services.inference.http.access.route_scopes import scopes_for
from familiar.shared.access.scopes import in_words

_BEARER = "token"


def describe_scheme(document: dict[str, Any]) -> None:
    """Declare how a token is sent."""
    document["components"].setdefault("securitySchemes", {})[_BEARER] = {"type": "http", "scheme": "bearer"}


def describe_scopes(operation: dict[str, Any], method: str, path: str) -> None:
    """Declare which scopes an operation takes, and say so in its description."""
    scopes = scopes_for(method, path)
    needs = "no token" if scopes is None else f"the scope {in_words(scopes)}"
    operation["description"] = f"{operation.get('description', '')}\n\nNeeds {needs}.".strip()
    operation["security"] = [] if scopes is None else [{_BEARER: []}]

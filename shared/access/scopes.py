"""Scopes: what a token is good for."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do. Only `admin` includes the others."""

    PREDICT = "predict"
    """Ask who is in a picture that one sends, and read which model versions there are."""
    WATCH = "watch"
    """See cameras and their previews, and read predictions, sightings and names as they come."""
    CAMERA = "camera"
    """Send pictures to capture, as a camera."""
    METRICS = "metrics"
    """Read the metrics."""
    ADMIN = "admin"
    """Everything."""


ANY_SCOPE = frozenset(Scope)
ADMIN_ONLY = frozenset({Scope.ADMIN})


def only(*scopes: Scope) -> frozenset[Scope]:
    """Return these scopes and `admin`, which includes them."""
    return ADMIN_ONLY.union(scopes)


def in_words(scopes: Iterable[Scope]) -> str:
    """Write scopes in the order in which they are declared: `watch or admin`."""
    return " or ".join(scope for scope in Scope if scope in scopes)

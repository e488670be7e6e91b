"""Shared by routes: path parameters, and the response for a face."""

from typing import Annotated, Any

from fastapi import Path

from familiar.shared.contract.slugs import SLUG_PATTERN

PathSlug = Annotated[str, Path(pattern=SLUG_PATTERN)]
PathFaceId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="the SHA-256 of the face's file")]

# Forgetting somebody includes browsers' caches.
NO_STORE = {"Cache-Control": "no-store"}


def of_type(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return the successful response of a route whose answer has one of these media types, for its decorator."""
    return {200: {"content": {media_type: {} for media_type in media_types}}}


JPEG = of_type("image/jpeg")

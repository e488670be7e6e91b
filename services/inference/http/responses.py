"""What routes have in common: names in a path, and how a face is answered."""

from typing import Annotated, Any

from fastapi import Path

from familiar.shared.contract.slugs import SLUG_PATTERN

PathSlug = Annotated[str, Path(pattern=SLUG_PATTERN)]
# How faces are called in both stores.
PathFaceId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="the SHA-256 of the face's file")]

# Whoever is forgotten is forgotten by the browser, too.
NO_STORE = {"Cache-Control": "no-store"}
JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}

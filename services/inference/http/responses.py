"""What routes have in common that show somebody's face or go with a version."""

from typing import Annotated, Any

from fastapi import Path

# How faces are called in both stores.
PathFaceId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="the SHA-256 of the face's file")]

# Whoever is forgotten is forgotten by the browser, too.
KEPT_NOWHERE = {"Cache-Control": "no-store"}
JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}

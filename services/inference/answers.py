"""What answers have in common that show somebody's face or go with a version."""

from typing import Any

# Whoever is forgotten is forgotten by the browser, too.
KEPT_NOWHERE = {"Cache-Control": "no-store"}
JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}

"""Every route of an application, and a path that leads to each."""

import re
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

# Something of the right form for each parameter of a path; there need not be such a thing.
_FORMS = {
    "version": "1",
    "number": "1",
    "face_id": "0" * 64,
    "sample_id": "0" * 64,
    "source": "given",
}


def routes_of(app: FastAPI) -> Iterator[str]:
    """Give each route as its method and its path, such as `GET /v1/models/{version}`; of a folder, a file in it."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            yield f"GET {route.original_route.path}/file"
        else:
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield f"{method} {route.path_format}"


def request_to(route: str) -> tuple[str, str]:
    """Give the method and the path of a request to a route."""
    method, path = route.split(" ", 1)
    return method, re.sub(r"\{(\w+)\}", lambda found: _FORMS.get(found[1], "somebody"), path)

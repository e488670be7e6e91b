"""HTTP: the studio, the page at `/` on which people are added, models trained and cameras watched."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STUDIO = Path(__file__).parents[1] / "studio"
# Revalidated on every load, so that a page and its modules are of one version.
_HEADERS = {"Cache-Control": "no-cache"}


class StudioFiles(StaticFiles):
    """Static files of the page: modules, styles and pictures."""

    def __init__(self) -> None:
        super().__init__(directory=STUDIO)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, with the page's headers."""
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


def studio_routes(camera_port: int) -> APIRouter:
    """Return the route of the page, which sends pictures to `camera_port` of its own host."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/", response_class=FileResponse)
    def show_studio(request: Request) -> FileResponse:
        """Return the page."""
        policy = policy_for(request.url.hostname or "", camera_port)
        headers = {**_HEADERS, "Content-Security-Policy": policy}
        return FileResponse(STUDIO / "index.html", headers=headers)

    return routes


def policy_for(host: str, camera_port: int) -> str:
    """Return the page's Content-Security-Policy: nothing but its own files, and its connections to Familiar."""
    name = f"[{host}]" if ":" in host else host
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' ws://{name}:{camera_port} wss://{name}:{camera_port}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

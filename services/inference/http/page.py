"""HTTP: the studio, the page at `/` on which people are added, models trained and cameras watched."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STUDIO = Path(__file__).parents[1] / "studio"
# Asked for again each time, and sent again only where it has changed: a page and its modules are of one version.
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


class StudioFiles(StaticFiles):
    """The modules, styles and pictures of the page."""

    def __init__(self) -> None:
        """Serve the folder `studio`."""
        super().__init__(directory=STUDIO)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file."""
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


def studio_routes(camera_port: int) -> APIRouter:
    """Make the route of the page; it sends pictures to `camera_port` of the host that it came from."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/", response_class=FileResponse)
    def show_studio(request: Request) -> FileResponse:
        """Show the page."""
        policy = policy_for(request.url.hostname or "", camera_port)
        headers = {**_HEADERS, "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        return FileResponse(STUDIO / "index.html", headers=headers)

    return routes


def policy_for(host: str, camera_port: int) -> str:
    """Write the Content-Security-Policy of the page: nothing but its own files, and its connections to Familiar."""
    name = f"[{host}]" if ":" in host else host
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' ws://{name}:{camera_port} wss://{name}:{camera_port}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

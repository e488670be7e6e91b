"""HTTP: cameras."""

import redis
from fastapi import APIRouter

from familiar.shared.redis.cameras import Camera, live_cameras


def camera_routes(client: redis.Redis) -> APIRouter:
    """Return the route that lists cameras."""
    routes = APIRouter(prefix="/v1/cameras", tags=["cameras"])

    @routes.get("")
    def list_cameras() -> list[Camera]:
        """List the cameras that are announced now, including failing ones."""
        return list(live_cameras(client))

    return routes

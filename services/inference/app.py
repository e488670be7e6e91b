"""The HTTP edge of inference: the application, put together from its routes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from services.inference.event_routes import event_routes
from services.inference.metrics_page import MetricsPage
from services.inference.model_routes import model_routes, training_routes
from services.inference.people_routes import camera_routes, correction_routes, enrolment_routes, people_routes
from services.inference.prediction_routes import prediction_routes
from services.inference.preview_routes import preview_routes
from services.inference.problems import answer_errors_with_problems, problem
from services.inference.reload import ModelWatcher, ServedModel
from services.inference.request_counter import RequestCounter
from services.inference.stream_follower import StreamFollower
from shared.background_store import BackgroundStore
from shared.errors import CrossSiteRequest, HostNotAllowed
from shared.kept_faces import KeptFaces
from shared.model_store import ModelStore
from shared.sample_store import SampleStore

_OTHER_SITES = frozenset({"cross-site", "same-site"})
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Stores:
    """What inference keeps and shows: samples, strangers' faces and model versions on the disk, faces in Redis."""

    samples: SampleStore
    background: BackgroundStore
    models: ModelStore
    kept: KeptFaces


def create_app(
    client: redis.Redis,
    stores: Stores,
    watcher: ModelWatcher,
    follower: StreamFollower,
    metrics: MetricsPage,
    allowed_hosts: list[str],
) -> FastAPI:
    """Make the application that serves `watcher.served`, shows the stores and sends what `follower` reads."""
    served = watcher.served
    app = FastAPI(
        title="Familiar",
        version="1",
        description="Names the faces it knows. Errors are problem details (RFC 9457).",
    )
    answer_errors_with_problems(app)
    for routes in (
        prediction_routes(client, served, stores.kept),
        event_routes(follower),
        model_routes(stores.models, served, watcher),
        training_routes(client),
        enrolment_routes(client, stores.samples),
        people_routes(client, stores.samples, stores.models),
        correction_routes(client, stores.samples, stores.background),
        camera_routes(client),
        preview_routes(client, follower),
        _health_routes(served),
        _metrics_routes(metrics),
    ):
        app.include_router(routes)
    _refuse_other_sites(app, frozenset(host.lower() for host in allowed_hosts))
    app.add_middleware(RequestCounter)
    return app


def _refuse_other_sites(app: FastAPI, allowed_hosts: frozenset[str]) -> None:
    """Refuse what a web page of another site makes a browser send: nobody logs in here, so it would be obeyed.

    Such a page may write across sites, or make its own name point at this machine.
    """

    @app.middleware("http")
    async def refuse(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        if _host_of(request) not in allowed_hosts:
            return problem(HostNotAllowed())
        if request.method not in _HARMLESS and _comes_from_another_site(request):
            return problem(CrossSiteRequest())
        return await answer(request)


def _comes_from_another_site(request: Request) -> bool:
    """Look at Origin too: browsers send Sec-Fetch-Site only where they trust the connection, as to localhost."""
    origin = request.headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2].lower() != request.headers.get("host", "").lower()
    return foreign or request.headers.get("sec-fetch-site") in _OTHER_SITES


def _host_of(request: Request) -> str | None:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return None


def _health_routes(served: ServedModel) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    def live() -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "ok"}

    @routes.get("/readyz")
    def ready() -> dict[str, int]:
        """Tell which model version answers; 503 while there is none."""
        return {"model_version": served.get().version}

    return routes


def _metrics_routes(page: MetricsPage) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Show the metrics of all services, in Prometheus' text format."""
        return Response(page.render(), media_type=CONTENT_TYPE_LATEST)

    return routes

"""The HTTP edge of inference: the application, put together from its routes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import redis
import structlog
from fastapi import APIRouter, FastAPI, Response
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST

from familiar import __version__
from familiar.services.inference.http.access.access_control import AccessControl
from familiar.services.inference.http.access.sessions import session_routes
from familiar.services.inference.http.audit.audit_entries import audit_routes
from familiar.services.inference.http.audit.record_requests import RecordRequests
from familiar.services.inference.http.cameras import camera_routes
from familiar.services.inference.http.corrections import correction_routes
from familiar.services.inference.http.downloads import model_downloads
from familiar.services.inference.http.enrolments import enrolment_routes
from familiar.services.inference.http.events import event_routes
from familiar.services.inference.http.limits.in_progress import LimitInProgress, Limits
from familiar.services.inference.http.limits.picture_threads import PictureThreads
from familiar.services.inference.http.models import model_routes
from familiar.services.inference.http.openapi.document import describe
from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.page import StudioFiles, studio_routes
from familiar.services.inference.http.people import people_routes
from familiar.services.inference.http.predictions import prediction_routes
from familiar.services.inference.http.previews import preview_routes
from familiar.services.inference.http.problems import answer_errors_with_problems
from familiar.services.inference.http.responses import of_type
from familiar.services.inference.http.same_site import SameSiteOnly
from familiar.services.inference.http.samples import sample_routes
from familiar.services.inference.http.service_status import service_routes
from familiar.services.inference.http.strangers import stranger_routes
from familiar.services.inference.http.training_jobs import training_routes
from familiar.services.inference.http.withdrawal import WithdrawForgotten
from familiar.services.inference.metrics.page import MetricsPage
from familiar.services.inference.metrics.requests import RequestCounter
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.guard import Guard
from familiar.shared.access.token_store import TokenStore
from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.recorder import Recorder
from familiar.shared.contract.errors import NoModel
from familiar.shared.contract.messages import Message
from familiar.shared.redis.training_queue import training_records
from familiar.shared.runtime.lending_pool import Pool
from familiar.shared.stores.forgettings import Forgettings
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from familiar.shared.vision.detector import FaceDetector, open_detector

# FastAPI exports telemetry where the environment says so; nothing of Familiar's leaves this machine.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}

_log = structlog.get_logger()


@dataclass(frozen=True)
class Stores:
    """Stores behind the routes: samples, strangers' faces, model versions and tokens on disk, faces in Redis."""

    samples: SampleStore
    strangers: StrangerStore
    models: ModelStore
    keeper: KeptFacesWriter
    tokens: TokenStore


def create_app(
    client: redis.Redis,
    stores: Stores,
    watcher: ModelWatcher,
    follower: StreamFollower,
    short_timeout_client: redis.Redis,
    settings: InferenceSettings,
) -> FastAPI:
    """Return the application that serves `watcher.served`, shows the stores and sends what `follower` reads.

    `short_timeout_client` is for routes that report on Redis itself, and must not hang with it.
    """
    served = watcher.served
    home = stores.samples.home
    forgettings = Forgettings(home)
    detectors: Pool[FaceDetector] = Pool(open_detector(settings.yunet) for _ in range(os.cpu_count() or 1))
    threads = PictureThreads()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with threads:
            yield

    app = FastAPIOffline(
        lifespan=lifespan,
        title="Familiar",
        version=__version__,
        description="Names the faces it knows. Errors are problem details (RFC 9457).",
        telemetry=_NO_TELEMETRY,
        # To an address that it makes out of the Host header, and that nothing declares.
        redirect_slashes=False,
    )
    answer_errors_with_problems(app, short_timeout_client)
    for routes in (
        prediction_routes(served, stores.keeper, detectors, threads),
        event_routes(client, follower, stores.models),
        model_routes(stores.models, served, watcher),
        model_downloads(stores.models),
        training_routes(client, training_records(home), stores.samples),
        enrolment_routes(client, stores.samples),
        sample_routes(stores.samples),
        people_routes(client, stores.samples, stores.models),
        correction_routes(client, stores.samples, stores.strangers, stores.keeper),
        camera_routes(client),
        preview_routes(client, follower, forgettings),
        service_routes(short_timeout_client, served, stores.samples, settings.camera_port),
        studio_routes(settings.camera_port),
        _health_routes(served, stores.samples),
        _metrics_routes(MetricsPage(short_timeout_client, stores.models, stores.samples)),
        session_routes(),
        audit_routes(home),
    ):
        app.include_router(routes)
    strangers = stranger_routes(stores.strangers, detectors, threads)
    app.include_router(strangers, prefix="/v1/strangers")
    # Their name before 0.2.0, kept until 0.3.0.
    app.include_router(strangers, prefix="/v1/background", deprecated=True)
    app.mount("/studio", StudioFiles())
    describe(app)
    app.add_middleware(WithdrawForgotten, forgettings=forgettings)
    guard = Guard(stores.tokens, everybody=settings.access == "open")
    app.add_middleware(AccessControl, guard=guard)
    app.add_middleware(SameSiteOnly, allowed_hosts=settings.all_allowed_hosts)
    app.add_middleware(RecordRequests, recorder=Recorder(AuditLog(home, _log.warning), home), guard=guard)
    app.add_middleware(LimitInProgress, limits=Limits())
    app.add_middleware(RequestCounter)
    return app


class Readiness(Message):
    """What is served, and whether new work is taken."""

    model_version: int
    disk_low: bool
    """Whether new people, samples and trainings are refused for want of room; answers are given all the same."""


def _health_routes(served: ServedModel, samples: SampleStore) -> APIRouter:
    routes = APIRouter(tags=["health"])

    # Asynchronous, so that neither waits for a thread.
    @routes.get("/healthz")
    async def live() -> dict[str, str]:
        """Report that the process is alive, and its version of Familiar."""
        return {"status": "ok", "version": __version__}

    @routes.get("/readyz", responses=problems(NoModel))
    async def ready() -> Readiness:
        """Report which model version is serving; 503 while there is none."""
        low = samples.trouble_with_space() is not None
        return Readiness(model_version=served.get().version, disk_low=low)

    return routes


def _metrics_routes(page: MetricsPage) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/metrics", response_class=Response, responses=of_type("text/plain"))
    def metrics() -> Response:
        """Return the metrics of all services, in Prometheus' text format."""
        return Response(page.render(), media_type=CONTENT_TYPE_LATEST)

    return routes

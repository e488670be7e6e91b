"""HTTP: which services run, to diagnose why nothing happens."""

import redis
from fastapi import APIRouter

from familiar.services.inference.model.reload import ServedModel
from familiar.shared.contract.messages import Message
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.heartbeats import running_services
from familiar.shared.redis.training_queue import training_hosts
from familiar.shared.stores.samples import SampleStore

_WITH_A_HEARTBEAT = ("capture", "extractor")


class ServiceStatus(Message):
    """Liveness of a service."""

    service: str
    running: bool
    """Whether any instance of it has a recent heartbeat."""


class Services(Message):
    """What runs beside inference."""

    redis: str | None
    """What is wrong with Redis, None where it answers."""
    disk: str | None
    """Why new people, samples and trainings are refused, None while the disk has room for them."""
    services: tuple[ServiceStatus, ...]
    """Empty while Redis, which knows who runs, is away."""
    camera_port: int
    """The port on which capture takes browsers' pictures."""
    model_version: int | None
    """None where there is no version to answer with."""


def service_routes(
    short_timeout_client: redis.Redis, served: ServedModel, samples: SampleStore, camera_port: int
) -> APIRouter:
    """Return the route that reports who runs; `short_timeout_client` must not wait for Redis for long."""
    routes = APIRouter(prefix="/v1/services", tags=["health"])

    def who_runs() -> tuple[ServiceStatus, ...]:
        alive = running_services(short_timeout_client)
        beating = [ServiceStatus(service=service, running=service in alive) for service in _WITH_A_HEARTBEAT]
        return *beating, ServiceStatus(service="trainer", running=bool(training_hosts(short_timeout_client)))

    @routes.get("")
    def show_services() -> Services:
        """Report which services run, and whether Redis answers; this route itself answers without it."""
        trouble: str | None = None
        services: tuple[ServiceStatus, ...] = ()
        try:
            services = who_runs()
        except redis.RedisError as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
        return Services(
            redis=trouble,
            disk=samples.trouble_with_space(),
            services=services,
            camera_port=camera_port,
            model_version=served.version,
        )

    return routes

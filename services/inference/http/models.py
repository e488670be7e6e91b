"""HTTP: model versions, and which one serves."""

from typing import Literal

from fastapi import APIRouter

from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.shared.contract.errors import BrokenModel, FamiliarError, UnknownModel
from familiar.shared.contract.manifest import Manifest, ManifestPerson, Metrics
from familiar.shared.contract.messages import Message, Time
from familiar.shared.stores.models import ModelStore

ModelState = Literal["loading", "ready", "retiring", "failed", "rejected", "stored"]


class ModelSummary(Message):
    """A version in a list."""

    version: int
    state: ModelState
    """`loading` is about to serve, `ready` is serving, `retiring` still answers requests from when it was.

    `failed` could not be loaded, `rejected` was worse than what was served, and `stored` is none of these.
    """
    detail: str | None
    """Why it was rejected or could not be loaded."""
    created_at: Time | None
    people: tuple[ManifestPerson, ...]
    metrics: Metrics | None
    figures: str | None
    """The metrics in a sentence."""
    pinned: bool
    """Whether somebody chose it to be served."""


def model_routes(store: ModelStore, served: ServedModel, watcher: ModelWatcher) -> APIRouter:
    """Return the routes that list, show and activate model versions."""
    routes = APIRouter(prefix="/v1/models", tags=["models"])

    def summarise(version: int) -> ModelSummary:
        try:
            manifest = store.manifest(version)
        except FamiliarError as error:
            return ModelSummary(
                version=version,
                state="failed",
                detail=error.detail,
                created_at=None,
                people=(),
                metrics=None,
                figures=None,
                pinned=version == store.pinned(),
            )
        failure = watcher.failures.get(version)
        return ModelSummary(
            version=version,
            state=_state_of(manifest, served, watcher),
            detail=failure or manifest.rejection,
            created_at=manifest.created_at,
            people=manifest.people,
            metrics=manifest.metrics,
            figures=manifest.metrics.in_words,
            pinned=version == store.pinned(),
        )

    @routes.get("")
    def list_models() -> list[ModelSummary]:
        """List the versions, oldest first."""
        return [summarise(version) for version in store.versions()]

    @routes.get("/{version:int}", responses=problems(UnknownModel, BrokenModel))
    def show_model(version: int) -> Manifest:
        """Return a version's manifest, including its layers."""
        return store.manifest(version)

    @routes.post("/{version:int}/activate", responses=problems(UnknownModel, BrokenModel))
    def activate_model(version: int) -> ModelSummary:
        """Serve a version from now on, whatever is trained; the answer is `ready`, or `failed` with why."""
        store.activate(version)
        watcher.poll()
        return summarise(version)

    @routes.post("/unpin")
    def unpin_model() -> list[ModelSummary]:
        """Serve the newest version again that was not rejected; return the list."""
        store.unpin()
        watcher.poll()
        return list_models()

    return routes


def _state_of(manifest: Manifest, served: ServedModel, watcher: ModelWatcher) -> ModelState:
    states: dict[ModelState, bool] = {
        "ready": manifest.version == served.version,
        "loading": manifest.version == watcher.loading,
        "retiring": manifest.version in served.retiring,
        "failed": manifest.version in watcher.failures,
        "rejected": manifest.rejection is not None,
    }
    return next((state for state, holds in states.items() if holds), "stored")

"""HTTP: which model versions there are, and which one answers."""

from typing import Literal

from fastapi import APIRouter

from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.shared.contract.errors import FamiliarError
from familiar.shared.contract.manifest import Manifest, ManifestPerson, Metrics
from familiar.shared.contract.messages import Message, Time
from familiar.shared.stores.models import ModelStore

ModelState = Literal["loading", "ready", "retiring", "failed", "rejected", "stored"]


class ModelSummary(Message):
    """A version in a list: `ready` is serving, `stored` lies in the store, `rejected` does and was not served.

    `loading` is about to serve, `retiring` answers the last who asked while it was serving, and `failed` could not be
    loaded. A rejected one was worse than what was served. `detail` says why it was rejected or
    could not be loaded. `figures` are the metrics in a sentence. `pinned` tells that somebody chose it to be served.
    """

    version: int
    state: ModelState
    detail: str | None
    created_at: Time | None
    people: tuple[ManifestPerson, ...]
    metrics: Metrics | None
    figures: str | None
    pinned: bool


def model_routes(store: ModelStore, served: ServedModel, watcher: ModelWatcher) -> APIRouter:
    """Make the routes that show model versions."""
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

    @routes.get("/{version}")
    def show_model(version: int) -> Manifest:
        """Show all that a version says of itself, its layers among it."""
        return store.manifest(version)

    @routes.post("/{version}/activate")
    def activate_model(version: int) -> ModelSummary:
        """Serve a version from now on, whatever is trained. It is serving when this answers, or `failed` with why."""
        store.activate(version)
        watcher.poll()
        return summarise(version)

    @routes.post("/unpin")
    def unpin_model() -> list[ModelSummary]:
        """Serve the newest version again that was not rejected; answer with the list."""
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

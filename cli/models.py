"""familiar models: list, show, pin and unpin model versions."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.audited import audited
from familiar.cli.console import out
from familiar.cli.settings import CliSettings
from familiar.cli.train import print_verdict
from familiar.shared.audit.entry import Action
from familiar.shared.contract.errors import FamiliarError
from familiar.shared.contract.manifest import Manifest, percent
from familiar.shared.contract.messages import Base
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.models import ModelStore

models_app = typer.Typer(
    help="The model versions: list them, show one, or choose which is served.", invoke_without_command=True
)


@models_app.callback()
def models(context: typer.Context) -> None:
    """List the model versions: which is served, which were rejected and why."""
    if context.invoked_subcommand is not None:
        return
    store = ModelStore(load_settings(CliSettings).home)
    versions = store.versions()
    if not versions:
        out.print("There is no model version yet. Enrol at least two people, then run `familiar train`.")
        return
    table = Table("state", "version", "created", "people", "accuracy", "recall", "weights")
    current = store.current()
    rejections = []
    for version in versions:
        try:
            manifest = store.manifest(version)
        except FamiliarError as error:
            table.add_row("broken", str(version), error.detail)
            continue
        table.add_row(*_row(manifest, served=version == current))
        if manifest.rejection is not None:
            rejections.append(f"Version {version} was rejected. {manifest.rejection}")
    out.print(table)
    if store.pinned() is not None:
        out.print(f"Version {current} is pinned. `familiar models unpin` serves the newest again.", highlight=False)
    for sentence in rejections:
        out.print(sentence, highlight=False)
    if current is not None and (report := store.report(current)):
        out.print(f"report of version {current}: {report}", markup=False, highlight=False, soft_wrap=True)


@models_app.command()
def show(version: Annotated[int, typer.Argument(help="The version's number.")]) -> None:
    """Show a version's metrics, what it was made of, its epochs, and the table of its layers."""
    manifest = ModelStore(load_settings(CliSettings).home).manifest(version)
    print_verdict(manifest)
    for line in (_thresholds(manifest), *_bases(manifest)):
        out.print(line, markup=False, highlight=False)
    out.print(_epochs_table(manifest), _layers_table(manifest))
    trained = sum(layer.parameters for layer in manifest.layers if layer.trainable)
    frozen = sum(layer.parameters for layer in manifest.layers if not layer.trainable)
    out.print(f"{trained:,} parameters trained, {frozen:,} frozen")


@models_app.command()
def activate(version: Annotated[int, typer.Argument(help="The version's number.")]) -> None:
    """Serve this version from now on, whatever is trained, until `familiar models unpin`."""
    home = load_settings(CliSettings).home
    with audited(home, Action.PIN_VERSION, version=str(version)):
        ModelStore(home).activate(version)
    out.print(f"Version {version} is pinned: inference serves it within a second, and until you unpin it.")


@models_app.command()
def unpin() -> None:
    """Serve the newest version again that was not rejected."""
    home = load_settings(CliSettings).home
    store = ModelStore(home)
    with audited(home, Action.UNPIN_VERSION):
        store.unpin()
    current = store.current()
    served = "There is none yet." if current is None else f"That is version {current}."
    out.print(f"The newest version that was not rejected is served. {served}", highlight=False)


def _row(manifest: Manifest, *, served: bool) -> tuple[str, ...]:
    metrics = manifest.metrics
    kept = "stored" if manifest.rejection is None else "rejected"
    return (
        "served" if served else kept,
        str(manifest.version),
        f"{manifest.created_at:%Y-%m-%d %H:%M}",
        ", ".join(person.name for person in manifest.people),
        percent(metrics.accuracy),
        percent(metrics.recall),
        manifest.weights.source,
    )


def _thresholds(manifest: Manifest) -> str:
    track_threshold = manifest.threshold if manifest.track_threshold is None else manifest.track_threshold
    error = manifest.metrics.calibration_error
    return (
        f"threshold {manifest.threshold:.3f}, of tracks {track_threshold:.3f}, "
        f"calibration error {'not measured' if error is None else f'{error:.3f}'}"
    )


def _bases(manifest: Manifest) -> Iterator[str]:
    """Describe the frozen branches that a version has, which may differ from its options."""
    base = Base.MOBILENET if manifest.descriptor is None else Base.BOTH
    yield f"base {base}, MobileNet's weights {manifest.weights.source}, sha256 {manifest.weights.sha256}"
    if manifest.descriptor is not None:
        yield f"descriptor's weights {manifest.descriptor.source}, sha256 {manifest.descriptor.sha256}"


def _epochs_table(manifest: Manifest) -> Table:
    table = Table("epoch", "loss", "accuracy", "validation loss", "validation accuracy", "kept", title="Epochs")
    for epoch in manifest.history:
        table.add_row(
            str(epoch.epoch),
            f"{epoch.loss:.4f}",
            f"{epoch.accuracy:.4f}",
            f"{epoch.validation_loss:.4f}",
            f"{epoch.validation_accuracy:.4f}",
            "kept" if epoch.kept else "",
        )
    return table


def _layers_table(manifest: Manifest) -> Table:
    table = Table("name", "class", "trainable", "parameters", title="Layers")
    for layer in manifest.layers:
        table.add_row(layer.name, layer.kind, "yes" if layer.trainable else "frozen", f"{layer.parameters:,}")
    return table

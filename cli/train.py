"""familiar train: enqueue a training job and follow it, epoch by epoch."""

import time
from functools import partial
from typing import Annotated

import redis
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from familiar.cli.audited import audited
from familiar.cli.connections import connect, through_outages
from familiar.cli.console import err, out
from familiar.shared.audit.entry import Action
from familiar.shared.contract.errors import InvalidRequest, TrainingFailed
from familiar.shared.contract.manifest import Gate, Manifest, ServingFormat, percent
from familiar.shared.contract.messages import BASE_WIDTHS, Base, NumberFormat, TrainingOptions
from familiar.shared.contract.slugs import printable
from familiar.shared.contract.training import JobState, TrainingJob
from familiar.shared.redis.training_queue import TrainingRecords, enqueue_training, find_training

LOOK_SECONDS = 0.2
# 1 is an error, and 2 an invalid command line.
EXIT_REJECTED = 3


def train(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    base: Annotated[
        Base, typer.Option(help="What it learns on: MobileNet alone, or a descriptor of faces beside it.")
    ] = Base.BOTH,
    base_width: Annotated[float, typer.Option(help="MobileNet's alpha: 0.25, 0.5, 0.75 or 1.0.")] = 1.0,
    weights: Annotated[str | None, typer.Option(help="imagenet, random or a file; else FAMILIAR_WEIGHTS.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="How often every sample is seen.")] = 10,
    false_names: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="The share of strangers that may get a name.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed and samples give the same model.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Serve the version even if it is worse.")] = False,  # noqa: FBT002 - a flag of the command line
    int8: Annotated[bool, typer.Option("--int8", help="Serve it in int8 if that answers as well.")] = False,  # noqa: FBT002 - a flag of the command line
    wait: Annotated[bool, typer.Option(help="Follow the training until it ends.")] = True,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Train on everybody who is enrolled, and publish the version.

    A version that is worse than the one that is served is kept as rejected, and the exit status is 3.
    """
    if base_width not in BASE_WIDTHS:
        raise InvalidRequest(f"--base-width is one of {', '.join(map(str, BASE_WIDTHS))}, not {base_width}.")
    connections = connect()
    serving = NumberFormat.INT8 if int8 else NumberFormat.FLOAT32
    options = TrainingOptions.model_validate(
        {
            "base": base,
            "false_names": false_names,
            "base_width": base_width,
            "weights": weights,
            "epochs": epochs,
            "seed": seed,
            "force": force,
            "serving": serving,
        }
    )
    with audited(connections.settings.home, Action.TRAIN) as subject:
        connections.samples.require_space()
        job = enqueue_training(connections.client, connections.trainings, options)
        subject["job"] = job.job_id
    if not wait:
        out.print(job.job_id)
        return
    manifest = connections.models.manifest(follow_training(connections.client, connections.trainings, job.job_id))
    print_verdict(manifest)
    if manifest.rejection is not None:
        raise typer.Exit(EXIT_REJECTED)
    pinned = connections.models.pinned()
    if pinned is not None and pinned != manifest.version:
        out.print(
            f"Version {pinned} is pinned and serves on. `familiar models unpin` serves the newest.", highlight=False
        )


def follow_training(client: redis.Redis, records: TrainingRecords, job_id: str) -> int:
    """Draw the progress of a training job until it ends, and return its version, which may have been rejected.

    Raises:
        TrainingFailed: it failed; the message is the trainer's.
    """
    words = TextColumn("{task.description:>30}", markup=False)
    columns = (words, BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("waiting for the trainer", total=None)
        while True:
            job = through_outages(partial(find_training, client, records, job_id))
            if job.progress is not None and job.state is JobState.STARTED:
                done = len(job.progress.epochs)
                bar.update(task, completed=done, total=job.progress.epochs_total, description=_in_words(job))
            if job.model_version is not None:
                word = "published" if job.rejected is None else "rejected"
                bar.update(task, description=f"{word} version {job.model_version}")
                return job.model_version
            if job.error is not None and job.state is JobState.FAILED:
                raise TrainingFailed(job.error.detail, reason=job.error.code)
            time.sleep(LOOK_SECONDS)


def print_verdict(manifest: Manifest) -> None:
    """Print how good a version is, what training had to do without, and the gate's decision."""
    said = [f"Version {manifest.version}, trained in {manifest.training_seconds:.0f} s: {manifest.metrics.in_words}"]
    recalls = [f"{person.name} {percent(person.recall)}" for person in manifest.people if person.recall is not None]
    if recalls:
        said.append(f"{', '.join(recalls)}.")
    if manifest.findings is not None:
        findings = manifest.findings
        said += [findings.verdict, findings.strangers_learned, *findings.strangers_steps]
    said += manifest.notes
    if manifest.options.serving is NumberFormat.INT8:
        said.append(_format_in_words(manifest.serving))
    if manifest.gate is not None and manifest.gate.reason is not None:
        said.append(_gate_in_words(manifest.gate))
    for sentence in filter(None, said):
        out.print(sentence, markup=False, highlight=False)


def _format_in_words(serving: ServingFormat) -> str:
    if serving.agreement is None:
        return "Served in float32: without test samples nothing shows whether int8 would answer as well."
    why = "" if serving.format is NumberFormat.INT8 else " That is not as good, so it is not used."
    return (
        f"Served in {serving.format}. In int8, {serving.agreement:.1%} of the test samples have the same likeliest "
        f"person, and {serving.recall_int8:.1%} get the right name, in float32 {serving.recall_float32:.1%}.{why}"
    )


def _gate_in_words(gate: Gate) -> str:
    if not gate.accepted:
        return (
            f"Rejected, and kept: it is worse than version {gate.compared_with}, which was served. {gate.reason} "
            "Look at the samples, or publish all the same with `familiar train --force`."
        )
    if gate.forced:
        return f"Published although it is worse than version {gate.compared_with}, as --force asked. {gate.reason}"
    return str(gate.reason)


def _in_words(job: TrainingJob) -> str:
    progress = job.progress
    if progress is None or not progress.epochs:
        return printable(progress.step) if progress else "starting"
    return f"{printable(progress.step)}, accuracy {progress.epochs[-1].validation_accuracy:.3f}"

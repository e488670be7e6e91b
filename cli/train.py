"""familiar train: enqueue a training job and follow it, epoch by epoch."""

import time
from typing import Annotated

import redis
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.connections import connect
from cli.console import err, out
from shared.errors import InvalidRequest, TrainingFailed
from shared.manifest import Manifest
from shared.messages import BASE_WIDTHS, TrainingOptions
from shared.training_queue import JobState, TrainingJob, enqueue_training, find_training

LOOK_SECONDS = 0.2


def train(
    base_width: Annotated[float, typer.Option(help="MobileNet's alpha: 0.25, 0.5, 0.75 or 1.0.")] = 1.0,
    weights: Annotated[str | None, typer.Option(help="imagenet, random or a file; else FAMILIAR_WEIGHTS.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="How often every sample is seen.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed and samples give the same model.")] = 0,
    wait: Annotated[bool, typer.Option(help="Follow the training until it ends.")] = True,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Train on everybody who is enrolled, and publish the version."""
    if base_width not in BASE_WIDTHS:
        raise InvalidRequest(f"--base-width is one of {', '.join(map(str, BASE_WIDTHS))}, not {base_width}.")
    connections = connect()
    options = TrainingOptions.model_validate(
        {"base_width": base_width, "weights": weights, "epochs": epochs, "seed": seed}
    )
    job = enqueue_training(connections.client, options)
    if not wait:
        out.print(job.job_id)
        return
    version = follow_training(connections.client, job.job_id)
    print_verdict(connections.models.manifest(version))


def follow_training(client: redis.Redis, job_id: str) -> int:
    """Draw a training job until it ends, and answer the version that it published.

    Raises:
        TrainingFailed: it failed; the message is the trainer's, and says what to do.
    """
    columns = (TextColumn("{task.description:>30}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("waiting for the trainer", total=None)
        while True:
            job = find_training(client, job_id)
            if job.progress is not None and job.state is JobState.STARTED:
                done = len(job.progress.epochs)
                bar.update(task, completed=done, total=job.progress.epochs_total, description=_in_words(job))
            if job.model_version is not None:
                bar.update(task, description=f"published version {job.model_version}")
                return job.model_version
            if job.error is not None and job.state is JobState.FAILED:
                raise TrainingFailed(job.error.detail, reason=job.error.code)
            time.sleep(LOOK_SECONDS)


def print_verdict(manifest: Manifest) -> None:
    """Say in words how good a version is, and who is recognised worst."""
    metrics = manifest.metrics
    if metrics.recall is None or metrics.false_names is None:
        out.print(
            f"Version {manifest.version} is published. Nobody has test samples, so nothing is known of how good it is."
        )
        return
    recalls = ", ".join(f"{person.name} {person.recall:.0%}" for person in manifest.people if person.recall is not None)
    out.print(
        f"Version {manifest.version}: of {metrics.test_samples} test samples {metrics.recall:.1%} got the right name "
        f"and {metrics.false_names:.1%} a wrong one ({recalls}). {manifest.training_seconds:.0f} s.",
        markup=False,
        highlight=False,
    )


def _in_words(job: TrainingJob) -> str:
    progress = job.progress
    if progress is None or not progress.epochs:
        return progress.step if progress else "starting"
    return f"{progress.step}, accuracy {progress.epochs[-1].validation_accuracy:.3f}"

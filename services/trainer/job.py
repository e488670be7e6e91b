"""The edge of the trainer: the RQ job that reads the samples, trains, and publishes a version.

`familiar.services.trainer.job.train` is the dotted name that jobs are enqueued by.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
import structlog
from pydantic import ValidationError

from familiar.services.trainer.data.read_samples import read_training_samples
from familiar.services.trainer.data.read_strangers import StrangersRead, read_strangers
from familiar.services.trainer.judge.comparison import Contender, compare
from familiar.services.trainer.network.landmarks import open_input, read_landmarks
from familiar.services.trainer.report.write import write_report
from familiar.services.trainer.rq_worker import (
    give_up,
    report_progress,
    report_rejection,
    this_job_created_at,
    this_job_id,
)
from familiar.services.trainer.settings import TrainerSettings
from familiar.services.trainer.train import train as train_network
from familiar.services.trainer.training_outcome import Outcome, names_of
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import DiskFull, FamiliarError, InvalidRequest
from familiar.shared.contract.manifest import Manifest
from familiar.shared.contract.messages import Epoch, ModelVersion, TrainingOptions
from familiar.shared.redis.connection import DISK_IS_FULL, open_redis
from familiar.shared.redis.stream import publish
from familiar.shared.redis.training_queue import TrainingProgress
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from familiar.shared.vision.images import ToInput

MODEL_VERSIONS_KEPT = 1000

_log = structlog.get_logger()


def train(**options: Any) -> int:  # noqa: ANN401 - untrusted input
    """Train on everybody who is enrolled, publish the version, and return its number.

    `options` are those of `TrainingOptions`. Idempotent: a job that is run again after publishing returns the same
    version. A version that the gate rejects is kept, and neither served nor announced. A `FamiliarError` is recorded in
    the job, which is not retried: it would fail the same way.
    """
    settings = load_settings(TrainerSettings)
    configure_logs("trainer", settings.log_format)
    try:
        chosen = _read_options(options)
        with _naming_a_full_disk():
            manifest = _train_and_publish(settings, chosen)
        _delete_checkpoint(settings)
    except FamiliarError as error:
        _delete_checkpoint(settings)
        # The code only: the sentence may name somebody, and forgetting does not reach logs.
        _log.error("training failed", reason=error.code)
        give_up(error)
        raise
    if manifest.rejection is not None:
        report_rejection(manifest.rejection)
    elif manifest.version == ModelStore(settings.home).current():
        _announce(open_redis(settings.redis_url), manifest)
    return manifest.version


def _delete_checkpoint(settings: TrainerSettings) -> None:
    ModelStore(settings.home).checkpoint(this_job_id()).unlink(missing_ok=True)


@contextmanager
def _naming_a_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_IS_FULL:
            raise
        raise DiskFull from error


def _read_options(options: dict[str, Any]) -> TrainingOptions:
    try:
        return TrainingOptions.model_validate(options)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise InvalidRequest(f"The training job's options make no sense. {faults}") from error


def _train_and_publish(settings: TrainerSettings, options: TrainingOptions) -> Manifest:
    models = ModelStore(settings.home)
    report = _Reporter(options.epochs)
    with models.one_training(waiting=lambda: report.step("waiting for another training to end")):
        published = models.published_by(this_job_id(), this_job_created_at())
        if published is not None:
            _log.info("published already", model_version=published.version)
            return published
        started = time.monotonic()
        store = SampleStore(settings.home)
        report.step("reading samples")
        landmarks = read_landmarks()
        to_input = open_input(landmarks)
        strangers = _read_strangers(settings, to_input)
        samples = read_training_samples(store, strangers.images, to_input)
        _log.info("training", people=len(samples.people), samples=len(samples.train_images), **strangers.faces)
        with models.staging_folder() as staging:
            report.step("preparing the frozen base")
            weights, checkpoint = options.weights or settings.weights, models.checkpoint(this_job_id())
            training = train_network(samples, options, weights, staging, report.epoch, checkpoint)
            if landmarks is not None:
                (staging / LANDMARKS).write_bytes(landmarks)
            for note in training.notes:
                _log.warning("trained without all that it takes", hint=note)
            report.step("comparing with what is served")
            candidate = Contender(
                (staging / SERVED_MODEL).read_bytes(),
                samples.people,
                training.threshold,
                aligned=(staging / LANDMARKS).exists(),
            )
            gate = compare(models, candidate, samples, samples.strangers.test_images, force=options.force)
            report.step("writing the report")
            outcome = Outcome(samples, strangers, training, options, gate, time.monotonic() - started, this_job_id())
            findings = write_report(outcome.report_facts(names_of(store, samples)), staging)
            report.step("publishing")

            def describe(version: int, files: dict[str, str]) -> Manifest:
                # Publishing and forgetting are mutually exclusive, so nobody is forgotten after this check.
                return outcome.manifest(names_of(store, samples), version, files, models.current(), findings)

            manifest = models.publish(staging, describe)
    _log.info(
        "published" if manifest.rejection is None else "rejected",
        model_version=manifest.version,
        accuracy=manifest.metrics.accuracy,
        seconds=manifest.training_seconds,
    )
    return manifest


def _read_strangers(settings: TrainerSettings, to_input: ToInput) -> StrangersRead:
    strangers = read_strangers(StrangerStore(settings.home), settings.strangers, settings.yunet, to_input)
    if strangers.passed_over:
        _log.warning("pictures of strangers without a face, or unreadable", count=strangers.passed_over)
    if not strangers.faces:
        _log.warning(
            "no strangers to learn from: somebody who is not enrolled will more often get a name",
            hint="run `familiar strangers fetch`, or set FAMILIAR_STRANGERS",
        )
    return strangers


class _Reporter:
    """Progress reporter of the job; a Redis outage does not stop a training."""

    def __init__(self, epochs: int) -> None:
        self._progress = TrainingProgress(step="starting", epochs_total=epochs)

    def step(self, words: str) -> None:
        self._report(self._progress.model_copy(update={"step": words}))

    def epoch(self, epoch: Epoch) -> None:
        _log.info("epoch", **epoch.model_dump())
        epochs = (*self._progress.epochs, epoch)
        step = "training" if epoch.epoch < epoch.epochs else "evaluating and exporting"
        self._report(self._progress.model_copy(update={"step": step, "epochs": epochs}))

    def _report(self, progress: TrainingProgress) -> None:
        self._progress = progress
        try:
            report_progress(progress)
        except redis.RedisError as error:
            _log.warning("progress not reported", error=str(error))


def _announce(client: redis.Redis, manifest: Manifest) -> None:
    """Announce a new version; only a hint, as inference polls the store, too."""
    message = ModelVersion(model_version=manifest.version, published_at=manifest.created_at)
    try:
        publish(client, redis_names.MODEL_VERSIONS, message, most=MODEL_VERSIONS_KEPT)
    except redis.RedisError as error:
        _log.warning("version not announced", model_version=manifest.version, error=str(error))

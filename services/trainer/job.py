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
from familiar.services.trainer.running_job import RunningJob
from familiar.services.trainer.settings import TrainerSettings
from familiar.services.trainer.train import train as train_network
from familiar.services.trainer.training_outcome import Outcome, names_of
from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import DiskFull, FamiliarError, InvalidRequest, PersonForgotten
from familiar.shared.contract.manifest import Manifest
from familiar.shared.contract.messages import Epoch, ModelVersion, TrainingOptions
from familiar.shared.contract.training import TrainingProgress
from familiar.shared.redis.connection import DISK_IS_FULL, open_redis
from familiar.shared.redis.stream import publish
from familiar.shared.redis.training_queue import training_records
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.runtime.service import load_settings
from familiar.shared.stores.encryption_key import required_seals
from familiar.shared.stores.forgettings import Forgettings
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
    running = RunningJob(training_records(settings.home))
    try:
        chosen = _read_options(options)
        report = _Reporter(running, chosen.epochs, Forgettings(settings.home))
        with _naming_a_forgetting(report), _naming_a_full_disk():
            manifest = _train_and_publish(settings, chosen, running, report)
        _delete_checkpoint(settings, running)
    except FamiliarError as error:
        _delete_checkpoint(settings, running)
        _log.error("training failed", reason=error.code)
        running.give_up(error)
        # The sentence may name somebody. It is in the job, where forgetting finds it; RQ logs what is raised.
        raise type(error) from None
    running.finish(manifest.version, manifest.rejection)
    if manifest.rejection is None and manifest.version == ModelStore(settings.home).current():
        _announce(open_redis(settings.redis_url), manifest)
    return manifest.version


def _delete_checkpoint(settings: TrainerSettings, running: RunningJob) -> None:
    ModelStore(settings.home).checkpoint(running.job_id).unlink(missing_ok=True)


@contextmanager
def _naming_a_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_IS_FULL:
            raise
        raise DiskFull from error


@contextmanager
def _naming_a_forgetting(report: "_Reporter") -> Iterator[None]:
    """Name whatever fails while a forgetting deletes the samples and files of this training."""
    try:
        yield
    except Exception:
        report.require_nobody_forgotten()
        raise


def _read_options(options: dict[str, Any]) -> TrainingOptions:
    try:
        return TrainingOptions.model_validate(options)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise InvalidRequest(f"The training job's options make no sense. {faults}") from error


def _train_and_publish(
    settings: TrainerSettings, options: TrainingOptions, running: RunningJob, report: "_Reporter"
) -> Manifest:
    models = ModelStore(settings.home)
    with models.one_training(waiting=lambda: report.step("waiting for another training to end")):
        published = models.published_by(running.job_id, running.created_at)
        if published is not None:
            _log.info("published already", model_version=published.version)
            return published
        started = time.monotonic()
        seals = required_seals(settings.home, settings)
        store = SampleStore(settings.home, seals=seals)
        settings.quotas.require_space(settings.home)
        report.begin()
        report.step("reading samples")
        landmarks = read_landmarks()
        to_input = open_input(landmarks)
        strangers = _read_strangers(settings, StrangerStore(settings.home, seals=seals), to_input)
        samples = read_training_samples(store, strangers.images, to_input)
        _log.info("training", people=len(samples.people), samples=len(samples.train_images), **strangers.faces)
        with models.staging_folder() as staging:
            report.step("preparing the frozen base")
            weights, checkpoint = options.weights or settings.weights, models.checkpoint(running.job_id)
            training = train_network(samples, options, weights, staging, report.epoch, checkpoint)
            if landmarks is not None:
                (staging / LANDMARKS).write_bytes(landmarks)
            for note in training.notes:
                _log.warning("trained without all that it takes", hint=note)
            report.require_nobody_forgotten()
            report.step("comparing with what is served")
            candidate = Contender(
                (staging / SERVED_MODEL).read_bytes(),
                samples.people,
                training.threshold,
                aligned=(staging / LANDMARKS).exists(),
            )
            gate = compare(models, candidate, samples, samples.strangers.test_images, force=options.force)
            report.step("writing the report")
            outcome = Outcome(samples, strangers, training, options, gate, time.monotonic() - started, running.job_id)
            findings = write_report(outcome.report_facts(names_of(store, samples)), staging)
            report.step("publishing")

            def describe(version: int, files: dict[str, str]) -> Manifest:
                # Publishing and deleting versions are mutually exclusive: who is forgotten after this check is found.
                report.require_nobody_forgotten()
                return outcome.manifest(names_of(store, samples), version, files, models.current(), findings)

            manifest = models.publish(staging, describe)
    _log.info(
        "published" if manifest.rejection is None else "rejected",
        model_version=manifest.version,
        accuracy=manifest.metrics.accuracy,
        seconds=manifest.training_seconds,
    )
    return manifest


def _read_strangers(settings: TrainerSettings, store: StrangerStore, to_input: ToInput) -> StrangersRead:
    strangers = read_strangers(store, settings.strangers, settings.yunet, to_input)
    if strangers.passed_over:
        _log.warning("pictures of strangers without a face, or unreadable", count=strangers.passed_over)
    if not strangers.faces:
        _log.warning(
            "no strangers to learn from: somebody who is not enrolled will more often get a name",
            hint="run `familiar strangers fetch`, or set FAMILIAR_STRANGERS",
        )
    return strangers


class _Reporter:
    """Progress reporter of the job, which ends when somebody is forgotten."""

    def __init__(self, running: RunningJob, epochs: int, forgettings: Forgettings) -> None:
        self._running = running
        self._progress = TrainingProgress(step="starting", epochs_total=epochs)
        self._forgettings = forgettings
        self._begun = forgettings.moment()

    def require_nobody_forgotten(self) -> None:
        """Check that nobody was forgotten since the samples were read.

        Raises:
            PersonForgotten: somebody was.
        """
        if self._forgettings.changed_since(self._begun):
            raise PersonForgotten

    def begin(self) -> None:
        """Count from now on who is forgotten: before the samples are read, nobody's were."""
        self._begun = self._forgettings.moment()

    def step(self, words: str) -> None:
        self._report(self._progress.model_copy(update={"step": words}))

    def epoch(self, epoch: Epoch) -> None:
        self.require_nobody_forgotten()
        _log.info("epoch", **epoch.model_dump())
        epochs = (*self._progress.epochs, epoch)
        step = "training" if epoch.epoch < epoch.epochs else "evaluating and exporting"
        self._report(self._progress.model_copy(update={"step": step, "epochs": epochs}))

    def _report(self, progress: TrainingProgress) -> None:
        self._progress = progress
        self._running.report(progress)


def _announce(client: redis.Redis, manifest: Manifest) -> None:
    """Announce a new version; only a hint, as inference polls the store, too."""
    message = ModelVersion(model_version=manifest.version, published_at=manifest.created_at)
    try:
        publish(client, redis_names.MODEL_VERSIONS, message, most=MODEL_VERSIONS_KEPT)
    except redis.RedisError as error:
        _log.warning("version not announced", model_version=manifest.version, error=str(error))

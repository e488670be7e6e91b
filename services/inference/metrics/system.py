"""Metrics collected on scrape: what Redis holds, and which model version is served."""

from collections.abc import Mapping
from contextlib import suppress

import redis
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import FamiliarError
from familiar.shared.redis.cameras import CameraState, camera_names, live_cameras
from familiar.shared.redis.stream import dropped_counts
from familiar.shared.redis.training_queue import count_trainings
from familiar.shared.runtime.quotas import free_megabytes
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore


def redis_metrics(client: redis.Redis) -> list[Metric]:
    """Return backlogs, drops, dead letters, cameras, and training jobs.

    Raises:
        redis.RedisError: Redis is away.
    """
    queues = [redis_names.FACES, *(redis_names.frames(camera) for camera in camera_names(client))]
    dead = [redis_names.dead(queue) for queue in queues]
    states = [camera.state for camera in live_cameras(client)]
    jobs = {state.value: count for state, count in count_trainings(client).items()}
    return [
        _gauges("familiar_queue_entries", "Entries of a work queue: its backlog.", "stream", _lengths(client, queues)),
        _gauges(
            "familiar_dead_letters",
            "Entries that could not be worked with, the last 100 of a stream.",
            "stream",
            dict(zip(queues, _lengths(client, dead).values(), strict=True)),
        ),
        _dropped(dropped_counts(client)),
        _gauges(
            "familiar_cameras",
            "Cameras that capture announces, by state.",
            "state",
            {state: states.count(state) for state in CameraState},
        ),
        _of_the_trainer(_gauges("familiar_training_jobs", "Training jobs of the last day, by state.", "state", jobs)),
    ]


def model_metrics(models: ModelStore) -> list[Metric]:
    """Return which model version is served, and how long its training took; nothing where there is none."""
    version = models.current()
    if version is None:
        return []
    families: list[Metric] = [GaugeMetricFamily("familiar_model_version", "The model version that is served.", version)]
    with suppress(FamiliarError):
        # A version that is damaged or was just deleted has no manifest.
        seconds = models.manifest(version).training_seconds
        families.append(GaugeMetricFamily("familiar_model_training_seconds", "How long its training took.", seconds))
    return [_of_the_trainer(family) for family in families]


def disk_metrics(samples: SampleStore) -> list[Metric]:
    """Return how much of the disk is free, and below which reserve new work is refused."""
    free = GaugeMetricFamily(
        "familiar_disk_free_megabytes", "Free space on the disk of FAMILIAR_HOME.", free_megabytes(samples.home)
    )
    reserve = GaugeMetricFamily(
        "familiar_disk_reserve_megabytes",
        "With less free space than this, new people, samples and trainings are refused.",
        samples.quotas.least_free_mb,
    )
    return [free, reserve]


def _lengths(client: redis.Redis, streams: list[str]) -> dict[str, int]:
    with client.pipeline(transaction=False) as pipeline:
        for stream in streams:
            pipeline.xlen(stream)
        return dict(zip(streams, pipeline.execute(), strict=True))


def _dropped(counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(
        "familiar_entries_dropped", "Entries of a work queue that were dropped unread.", labels=["stream"]
    )
    for stream, count in counts.items():
        family.add_metric([stream], count)
    return family


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _of_the_trainer(family: Metric) -> Metric:
    """Label what is collected on behalf of the trainer, which forks and has no registry of its own."""
    for sample in family.samples:
        sample.labels["service"] = "trainer"
    return family

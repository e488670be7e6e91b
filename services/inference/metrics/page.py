"""The metrics of all services on one page, in Prometheus' text format."""

from collections.abc import Iterable, Iterator

import redis
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from familiar.services.inference.metrics.measured import REGISTRY
from familiar.services.inference.metrics.system import disk_metrics, model_metrics, redis_metrics
from familiar.shared.contract import redis_names
from familiar.shared.redis.connection import trouble_of
from familiar.shared.redis.foreign_values import say_foreign
from familiar.shared.runtime.metrics import posted_metrics, this_instance
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore

SERVICE = "inference"


class MetricsPage:
    """Metrics page, combined from this process, the other processes and Redis."""

    def __init__(
        self,
        client: redis.Redis,
        models: ModelStore,
        samples: SampleStore,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """Show `registry` as this process's own; `client` needs a short timeout."""
        self._client = client
        self._models = models
        self._samples = samples
        self._registry = registry

    def render(self) -> bytes:
        """Return the page; while Redis is down, what is known without it."""
        texts = {(SERVICE, this_instance()): generate_latest(self._registry).decode()}
        families = model_metrics(self._models) + disk_metrics(self._samples)
        up = 1
        try:
            families += redis_metrics(self._client)
            texts = posted_metrics(self._client) | texts
        except redis.RedisError as error:
            if trouble_of(error) is None:
                raise
            up = 0
        families.append(GaugeMetricFamily("familiar_redis_up", "Whether Redis answers: 1 or 0.", up))
        for (service, instance), text in texts.items():
            try:
                families += list(label(text, service, instance))
            except (ValueError, LookupError, TypeError, AttributeError):
                # The parser promises no error for what is no metrics.
                say_foreign(redis_names.metrics(service, instance), text.encode())
        return generate_latest(_Families(merge(families)))


def label(text: str, service: str, instance: str) -> Iterator[Metric]:
    """Yield one process's metrics, labelled with its service and instance."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sample.labels.update(service=service, instance=instance)
        yield family


def merge(families: Iterable[Metric]) -> list[Metric]:
    """Merge families of the same name, as a page may name each but once."""
    merged: dict[str, Metric] = {}
    for family in families:
        whole = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
        whole.samples.extend(family.samples)
    return list(merged.values())


class _Families(Collector):
    """Collector of metrics that are collected already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families

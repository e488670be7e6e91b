"""The metrics of several processes on one page."""

from datetime import UTC, datetime, timedelta

from prometheus_client import Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from familiar.services.inference.metrics.page import label, merge
from familiar.shared.runtime.metrics import BUCKETS, new_registry, seconds_since


def written(seconds: float) -> str:
    """Write the metrics of a process that waited once."""
    registry = new_registry()
    Counter("familiar_frames_total", "Frames.", ["camera"], registry=registry).labels("door").inc()
    Histogram("familiar_wait_seconds", "Waiting.", buckets=BUCKETS, registry=registry).observe(seconds)
    return generate_latest(registry).decode()


def test_a_family_stands_once_with_the_samples_of_every_process() -> None:
    """Each sample says whose it is."""
    families = merge([*label(written(0.1), "extractor", "one"), *label(written(7), "extractor", "two")])
    assert [(family.name, family.type) for family in families] == [
        ("familiar_frames", "counter"),
        ("familiar_wait_seconds", "histogram"),
    ]
    frames = [(sample.labels, sample.value) for sample in families[0].samples]
    assert frames == [
        ({"camera": "door", "service": "extractor", "instance": "one"}, 1),
        ({"camera": "door", "service": "extractor", "instance": "two"}, 1),
    ]
    sums = [sample.value for sample in families[1].samples if sample.name.endswith("_sum")]
    assert sums == [0.1, 7]


def test_a_registry_writes_no_times_of_creation() -> None:
    """They would be a further family for each."""
    names = {sample.name for family in text_string_to_metric_families(written(1)) for sample in family.samples}
    assert not any(name.endswith("_created") for name in names)


def test_a_moment_of_a_clock_that_is_ahead_is_now() -> None:
    """A histogram of negative seconds means nothing."""
    now = datetime.now(UTC)
    assert seconds_since(now + timedelta(hours=1)) == 0
    assert seconds_since(now - timedelta(hours=1)) >= 3600

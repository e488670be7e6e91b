"""Prometheus metrics of capture."""

from contextlib import suppress

from prometheus_client import Counter, Histogram

from familiar.shared.runtime.metrics import BUCKETS, new_registry

REGISTRY = new_registry()

ENCODING = Histogram(
    "familiar_frame_encoding_seconds",
    "How long it took to make a frame of an image: mostly its JPEG.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
PUBLISHING = Histogram(
    "familiar_frame_publishing_seconds",
    "How long it took to put a frame into Redis.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
PUBLISHED = Counter(
    "familiar_frames_published_total", "Frames that were put into Redis.", ["camera"], registry=REGISTRY
)


def forget_camera(camera: str) -> None:
    """Drop the metrics of a camera that has ended: browsers open ever new ones."""
    for metric in (ENCODING, PUBLISHING, PUBLISHED):
        with suppress(KeyError):
            metric.remove(camera)

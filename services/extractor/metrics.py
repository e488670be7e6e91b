"""Prometheus metrics of the extractor."""

from contextlib import suppress

from prometheus_client import Counter, Histogram

from familiar.shared.runtime.metrics import BUCKETS, new_registry

REGISTRY = new_registry()

FRAME_WAITING = Histogram(
    "familiar_frame_waiting_seconds",
    "From when a frame was captured to when an extractor began with it.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
DETECTION = Histogram(
    "familiar_face_detection_seconds",
    "How long it took to find and cut the faces of a frame.",
    ["camera"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
FRAMES_EXTRACTED = Counter(
    "familiar_frames_extracted_total", "Frames that were looked at for faces.", ["camera"], registry=REGISTRY
)
FRAMES_SHED = Counter(
    "familiar_frames_shed_total", "Live frames that were passed over for newer ones.", ["camera"], registry=REGISTRY
)
FACES_FOUND = Counter("familiar_faces_found_total", "Faces that were found in frames.", ["camera"], registry=REGISTRY)


def forget_camera(camera: str) -> None:
    """Drop the metrics of a camera that this extractor no longer processes: browsers open ever new ones."""
    for metric in (FRAME_WAITING, DETECTION, FRAMES_EXTRACTED, FRAMES_SHED, FACES_FOUND):
        with suppress(KeyError):
            metric.remove(camera)

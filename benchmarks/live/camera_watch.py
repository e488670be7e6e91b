"""Counts of frames and predictions of a running stack's cameras, read from Redis."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import ServiceFailed
from familiar.shared.contract.messages import Prediction
from familiar.shared.redis.cameras import live_cameras
from familiar.shared.redis.stream import dropped_counts, newest_id, parse_entry

_ANNOUNCED_WITHIN_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.01


@dataclass(frozen=True)
class FrameCount:
    """The numbers of a camera's frames published, shed and waiting at a moment."""

    at: float
    published: int
    shed: int
    waiting: int


def count_frames(client: redis.Redis, cameras: Sequence[str]) -> dict[str, FrameCount]:
    """Count each camera's frames right after its next announcement, when its count is up to date.

    Raises:
        ServiceFailed: a camera announces nothing new.
    """
    before: dict[str, int] = {}
    counts: dict[str, FrameCount] = {}
    until = time.monotonic() + _ANNOUNCED_WITHIN_SECONDS
    while len(counts) < len(cameras):
        if time.monotonic() > until:
            raise ServiceFailed(f"{', '.join(set(cameras) - counts.keys())} takes no pictures.")
        for camera in live_cameras(client):
            known = before.setdefault(camera.camera, camera.published)
            if camera.camera not in counts and camera.published != known:
                stream = redis_names.frames(camera.camera)
                shed, waiting = dropped_counts(client).get(stream, 0), client.xlen(stream)
                counts[camera.camera] = FrameCount(time.monotonic(), camera.published, shed, waiting)
        time.sleep(_LOOK_EVERY_SECONDS)
    return counts


class PredictionReader:
    """A reader of new predictions, which has to be faster than the stream is trimmed."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._last = newest_id(client, redis_names.PREDICTIONS)
        self.delays_ms: dict[str, list[float]] = defaultdict(list)

    def read(self) -> None:
        """Record the milliseconds from capture to each new prediction, by camera."""
        entries: Any = self._client.xrange(redis_names.PREDICTIONS, min=f"({self._last.decode()}")
        for entry_id, fields in entries:
            self._last = entry_id
            prediction, _ = parse_entry(fields, Prediction)
            delay = prediction.predicted_at - prediction.captured_at
            self.delays_ms[str(prediction.camera)].append(1000 * delay.total_seconds())

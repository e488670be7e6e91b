"""Figures of live cameras: frame rates and delays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.live.camera_watch import FrameCount


@dataclass(frozen=True)
class CameraFigures:
    """The numbers and rates of one camera's frames taken, shed and processed, and the number of its predictions."""

    taken: int
    shed: int
    looked_at: int
    taken_per_second: float
    looked_at_per_second: float
    predictions: int


@dataclass(frozen=True)
class Delays:
    """Percentiles of the delay from capture to prediction, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


def camera_figures(before: FrameCount, after: FrameCount, predictions: int) -> CameraFigures:
    """Return the figures between two counts of a camera's frames; waiting frames are not processed yet."""
    seconds = after.at - before.at
    taken = after.published - before.published
    shed = after.shed - before.shed
    looked_at = taken - shed - (after.waiting - before.waiting)
    return CameraFigures(taken, shed, looked_at, taken / seconds, looked_at / seconds, predictions)


def delays(by_camera: Mapping[str, Sequence[float]]) -> Delays | None:
    """Summarise the delays of all cameras, in milliseconds; None without predictions."""
    everything = [delay for own in by_camera.values() for delay in own]
    return Delays(*np.percentile(everything, (50, 95, 99)).tolist()) if everything else None

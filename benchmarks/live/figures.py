"""The arithmetic of cameras that are watched: what was looked at, how late answers come, what a frame costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.live.camera_watch import FrameCount


@dataclass(frozen=True)
class CameraFigures:
    """What became of one camera's frames, in counts and in frames a second, and how many of its faces were named."""

    taken: int
    shed: int
    looked_at: int
    taken_per_second: float
    looked_at_per_second: float
    predictions: int


@dataclass(frozen=True)
class Delays:
    """How long predictions took from the picture on, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


def camera_figures(before: FrameCount, after: FrameCount, predictions: int) -> CameraFigures:
    """Compare two counts of a camera's frames. What still waits then was not looked at yet."""
    seconds = after.at - before.at
    taken = after.published - before.published
    shed = after.shed - before.shed
    looked_at = taken - shed - (after.waiting - before.waiting)
    return CameraFigures(taken, shed, looked_at, taken / seconds, looked_at / seconds, predictions)


def delays(by_camera: Mapping[str, Sequence[float]]) -> Delays | None:
    """Summarise the milliseconds of all cameras' predictions; None where there were none."""
    everything = [delay for own in by_camera.values() for delay in own]
    return Delays(*np.percentile(everything, (50, 95, 99)).tolist()) if everything else None

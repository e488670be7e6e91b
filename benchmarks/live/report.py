"""The figures of the live benchmark as tables and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.live.figures import CameraFigures, Delays
from benchmarks.live.film import LoopCost
from benchmarks.live.process_watch import Taken


@dataclass(frozen=True)
class Watched:
    """The figures of a running stack: its cameras, prediction delays, processes, and the number of faces shed."""

    cameras: Mapping[str, CameraFigures]
    delays: Delays | None
    processes: Mapping[str, Taken]
    faces_shed: int


def print_tables(watched: Watched, loop: LoopCost) -> None:
    """Print tables of the cameras and processes, and a summary."""
    cameras = Table("camera", "taken/s", "looked at/s", "shed", "predictions")
    for camera, own in sorted(watched.cameras.items()):
        rates = (f"{own.taken_per_second:.1f}", f"{own.looked_at_per_second:.1f}")
        cameras.add_row(camera, *rates, f"{own.shed}", f"{own.predictions}")
    processes = Table("process", "% of a core", "MB", "grown by %")
    for name, process in sorted(watched.processes.items()):
        memory = (f"{process.resident_megabytes[-1]:.0f}", f"{process.resident_growth_percent:.1f}")
        processes.add_row(name, f"{process.cpu_percent:.0f}", *memory)
    for table in (cameras, processes):
        Console().print(table)
    if watched.delays:
        print(
            f"Names come {watched.delays.p50_ms:.0f} ms after the picture, 99 % within {watched.delays.p99_ms:.0f} ms."
        )
    print(
        f"A frame takes {loop.milliseconds_a_frame:.1f} ms in one loop, {loop.cpu_milliseconds_a_frame:.1f} ms of all "
        f"cores' work; in the services {cpu_milliseconds_a_frame(watched):.1f} ms."
    )


def cpu_milliseconds_a_frame(watched: Watched) -> float:
    """Return the CPU time of all processes together per processed frame."""
    looked_at = sum(camera.looked_at_per_second for camera in watched.cameras.values())
    return 10 * sum(process.cpu_percent for process in watched.processes.values()) / looked_at


def as_json(watched: Watched, loop: LoopCost, seconds: float) -> dict[str, object]:
    """Return all figures, rounded."""
    # The cameras are counted over slightly different intervals, so only their rates are comparable.
    rates = [camera.looked_at_per_second for camera in watched.cameras.values()]
    services = cpu_milliseconds_a_frame(watched)
    return {
        "benchmark": "live",
        "cameras": len(watched.cameras),
        "seconds": seconds,
        "taken": sum(camera.taken for camera in watched.cameras.values()),
        "shed": sum(camera.shed for camera in watched.cameras.values()),
        "looked_at": sum(camera.looked_at for camera in watched.cameras.values()),
        "looked_at_per_second_least": round(min(rates), 2),
        "looked_at_per_second_most": round(max(rates), 2),
        "faces_shed": watched.faces_shed,
        "predictions": sum(camera.predictions for camera in watched.cameras.values()),
        "capture_to_prediction": watched.delays and _rounded(asdict(watched.delays)),
        "by_camera": {name: _rounded(asdict(own)) for name, own in sorted(watched.cameras.items())},
        "by_process": {name: _rounded(asdict(own)) for name, own in watched.processes.items()},
        "loop": _rounded(asdict(loop)),
        "services_cpu_milliseconds_a_frame": round(services, 2),
        "cpu_ratio": round(services / loop.cpu_milliseconds_a_frame, 3),
    }


def _rounded(figures: Mapping[str, Any]) -> dict[str, object]:
    return {
        name: [round(each, 2) for each in value] if isinstance(value, tuple) else round(value, 2)
        for name, value in figures.items()
    }

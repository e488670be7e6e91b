"""What becomes of frames, and what processes take."""

import pytest

from benchmarks.live.camera_watch import FrameCount
from benchmarks.live.figures import CameraFigures, Delays, camera_figures, delays
from benchmarks.live.process_watch import Look, taken


def test_a_frame_is_taken_and_then_shed_looked_at_or_still_waiting() -> None:
    """Of 60 frames in two seconds ten were shed, and three more than before wait."""
    figures = camera_figures(FrameCount(5.0, 100, 7, 1), FrameCount(7.0, 160, 17, 4), predictions=46)
    assert figures == CameraFigures(60, 10, 47, 30.0, 23.5, 46)


def test_delays_are_those_of_all_cameras_together() -> None:
    """One camera's hundred, and none of another's."""
    assert delays({"door": list(range(101)), "yard": []}) == Delays(50, 95, 99)
    assert delays({}) is None


def test_growth_is_counted_from_after_the_first_tenth() -> None:
    """What a process takes at its start is no growth; work is a share of the time."""
    looks = [Look(float(second), second / 2, 100.0 if second else 50.0) for second in range(20)]
    looks.append(Look(20.0, 10.0, 110.0))

    figures = taken(looks)

    assert figures.cpu_percent == pytest.approx(50)
    assert figures.resident_growth_percent == pytest.approx(10)
    assert figures.resident_megabytes == (50.0, *[100.0] * 9, 110.0)


def test_two_looks_are_enough() -> None:
    """Then there is only a beginning and an end."""
    assert taken([Look(0.0, 0.0, 50.0), Look(1.0, 0.1, 60.0)]).resident_growth_percent == 0

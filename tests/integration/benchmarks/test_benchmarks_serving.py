"""The benchmarks of serving from end to end, on drawn people and a network of random weights; no time limits."""

import json
from typing import Any

import pytest

from benchmarks.live import __main__ as live
from benchmarks.overload import __main__ as overload
from benchmarks.reload import __main__ as reload
from benchmarks.serving import __main__ as serving

pytestmark = [
    pytest.mark.slow,
    # TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

FIGURES = ("p50_ms", "p99_ms", "requests_per_second")


def last_line(output: str) -> dict[str, Any]:
    """Read the line of JSON that a benchmark ends with."""
    line = json.loads(output.splitlines()[-1])
    assert isinstance(line, dict)
    return line


def test_inference_is_measured_beside_other_servers(capsys: pytest.CaptureFixture[str]) -> None:
    """Every server answers every request, and the ratios are those of the figures."""
    few = ["--faces", "3", "--pictures", "10", "--seconds", "0.5", "--rounds", "1", "--starts", "1"]

    assert serving.main([*few, "--clients", "1", "3", "--soak-requests", "30"]) == 0

    line = last_line(capsys.readouterr().out)
    assert line["people"] == 10
    for kind in ("crop", "picture"):
        for clients in ("1", "3"):
            measured = line[kind][clients]
            assert isinstance(measured, dict)
            ratios = measured.pop("ratios")
            assert measured.keys() == {"familiar", *ratios} == {"familiar", "naive", "litserve", "floor"}
            assert all(figures["failed"] == 0 for figures in measured.values())
            for other, ratio in ratios.items():
                for name in FIGURES:
                    known = measured[other][name]
                    expected = None if known is None else pytest.approx(measured["familiar"][name] / known, rel=0.1)
                    assert ratio[name] == expected
    assert line["crop"]["1"]["floor"]["p50_ms"]
    assert line["soak"]["requests"] == 30
    assert line["soak"]["failed"] == 0
    assert line["start"].keys() == {"first_answer_seconds", "resident_megabytes"}


def test_versions_are_swapped_under_load(capsys: pytest.CaptureFixture[str]) -> None:
    """No answer fails or is of a wrong version; the damaged version is refused by number; publishers may be killed."""
    few = ["--faces", "3", "--pictures", "10", "--swaps", "11", "--apart", "1.0", "--share", "0.3"]

    assert reload.main(few) == 0

    line = last_line(capsys.readouterr().out)
    assert line["requests"] > 0
    assert (line["failed"], line["wrong_version"]) == (0, 0)
    assert (line["swaps"], line["answered_versions"]) == (11, 10)
    # One good version before the first swap, nine after it.
    assert line["damaged"] == [11]
    assert line["corrupt_refused"].keys() == {"11"}
    assert "model.tflite" in line["corrupt_refused"]["11"]
    assert line["p99_ratio"] == pytest.approx(line["p99_ms_in_swaps"] / line["p99_ms_steady"], rel=0.01)
    assert line["p99_ratio_by_round"] == [line["p99_ratio"]]


def test_inference_outlasts_who_asks_for_too_much(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever is honest is answered throughout, and every request of a burst is answered or refused."""
    few = ["--slow", "6", "--idle", "20", "--streams", "10", "--burst", "300", "--calm", "2", "--held", "3"]

    assert overload.main(few) == 0

    line = last_line(capsys.readouterr().out)
    for part in ("before", "held", "burst", "after"):
        assert line[part]["health_checks"] > 0
        assert line[part]["health_failed"] == 0
    for part in ("before", "held", "after"):
        assert line[part]["crops_named"] == line[part]["crops"] > 0
    assert line["held_connections"]["connections"] == 36
    assert sum(line["burst_answers"]["answers"].values()) == 300
    assert line["burst_answers"]["answers"].keys() <= {"200", "503"}
    assert line["memory_mb"]["highest"] >= line["memory_mb"]["after"] > 0


def test_cameras_are_watched(capsys: pytest.CaptureFixture[str]) -> None:
    """Every camera's frames are looked at, shed, or waiting at the end, and every process is seen."""
    assert live.main(["--faces", "3", "--cameras", "2", "--seconds", "2", "--size", "320x240"]) == 0

    line = last_line(capsys.readouterr().out)
    cameras = line["by_camera"].values()
    assert line["cameras"] == len(cameras) == 2
    for count in ("taken", "shed", "looked_at", "predictions"):
        assert line[count] == sum(camera[count] for camera in cameras)
    assert 0 < line["looked_at_per_second_least"] <= line["looked_at_per_second_most"]
    assert line["predictions"] > 0
    delays = line["capture_to_prediction"]
    assert 0 < delays["p50_ms"] <= delays["p95_ms"] <= delays["p99_ms"]
    assert line["by_process"].keys() == {"redis", "capture", "extractor", "trainer", "inference"}
    assert all(len(process["resident_megabytes"]) == 11 for process in line["by_process"].values())
    work = line["services_cpu_milliseconds_a_frame"] / line["loop"]["cpu_milliseconds_a_frame"]
    assert line["cpu_ratio"] == pytest.approx(work, rel=0.05)

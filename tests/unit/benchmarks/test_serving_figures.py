"""What records of a load say."""

import numpy as np
import pytest

from benchmarks.load import RECORD
from benchmarks.serving.figures import Figures, as_json, figures_of, over_rounds


def test_a_load_lasts_from_its_first_request_to_its_last_answer() -> None:
    """Four answers within two seconds, one of them none."""
    records = np.array(
        [(0, 11.0, 1.0, 200, 3), (1, 10.5, 0.5, 200, 3), (0, 12.0, 1.0, 200, 4), (1, 11.5, 1.0, 0, 0)], RECORD
    )

    figures = figures_of(records)

    assert figures.requests_per_second == pytest.approx(1.5)
    assert figures.p50_ms == pytest.approx(1000)
    assert figures.p99_ms == pytest.approx(1000)
    assert figures.failed == 1


def test_no_records_are_no_figures() -> None:
    """A load that was too short says so."""
    with pytest.raises(ValueError, match="longer"):
        figures_of(np.array([], RECORD))


def test_rounds_give_their_median_and_all_their_failures() -> None:
    """One slow round does not count; what nobody measured stays unknown."""
    rounds = [Figures(1.0, None, 90.0, 1), Figures(2.0, None, 100.0, 0), Figures(50.0, None, 10.0, 2)]
    assert over_rounds(rounds) == Figures(2.0, None, 90.0, 3)


def test_ratios_divide_ours_by_the_others() -> None:
    """Less than 1 is faster in milliseconds, more than 1 in requests a second."""
    ours, naive, floor = Figures(2.0, 4.0, 100.0, 0), Figures(20.0, 80.0, 10.0, 0), Figures(None, None, 125.0, 0)

    together = as_json({"familiar": ours, "naive": naive, "floor": floor}, "familiar")

    assert together["naive"] == {"p50_ms": 20.0, "p99_ms": 80.0, "requests_per_second": 10.0, "failed": 0}
    assert together["ratios"] == {
        "naive": {"p50_ms": 0.1, "p99_ms": 0.05, "requests_per_second": 10.0},
        "floor": {"p50_ms": None, "p99_ms": None, "requests_per_second": 0.8},
    }

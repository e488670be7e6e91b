"""Every door, with two hundred odd inputs: `make fuzz` sends as many as one likes."""

from pathlib import Path

import pytest

from tests.fuzzing.all_doors import SHARES, drive_door, taught_home

EXAMPLES = 200


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the home that doors copy."""
    folder = tmp_path_factory.mktemp("fuzzing")
    taught_home(folder)
    return folder


@pytest.mark.parametrize("door", SHARES)
def test_what_comes_through_a_door_is_accepted_or_refused_by_name(ground: Path, door: str) -> None:
    """No crash, no hang, no 500, no traceback, and memory that stays."""
    report = drive_door(door, EXAMPLES, 0, ground)
    examples = [found.example for found in report.findings.values()]
    assert not examples, "\n\n".join(examples)
    assert report.inputs >= EXAMPLES
    assert report.accepted + report.refused == report.inputs
    assert not report.grown, report

"""One run of chaos, from end to end; `make chaos` has more of them."""

import subprocess
import sys

import pytest

from tests.builders import ROOT

SEED, FAULTS = "2", "8"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_check_holds_under_a_seed_of_faults() -> None:
    """Without root, faults of the disk and the network are left out."""
    command = [sys.executable, "-m", "tests.chaos", "--seeds", "1", "--first-seed", SEED, "--faults", FAULTS]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=840, check=False)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert "all checks hold" in ran.stderr

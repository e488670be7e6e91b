"""What the README shows works as it stands there."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.builders import block_after

if TYPE_CHECKING:
    from conftest import Running


def test_the_subscriber_of_the_readme_reads_predictions(taught: "Running", tmp_path: Path) -> None:
    """Ten lines of redis-py print who is before which camera."""
    script = tmp_path / "subscriber.py"
    script.write_text(block_after("subscriber"))
    with subprocess.Popen(
        [sys.executable, str(script)], env=taught.environment, stdout=subprocess.PIPE, text=True
    ) as subscriber:
        try:
            assert subscriber.stdout is not None
            lines = {subscriber.stdout.readline().strip() for _ in range(40)}
        finally:
            subscriber.kill()
    assert "karan ['karan']" in lines
    assert "arjun ['arjun']" in lines


def test_a_job_that_plain_rq_enqueues_is_trained(taught: "Running") -> None:
    """`rq enqueue` as the README has it, with fewer epochs, publishes the next version."""
    before = taught.models.current()
    assert before is not None
    command = block_after("enqueue").replace("epochs:=10", "epochs:=1 base_width:=0.25 force:=true")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["sh", "-c", command],
        env={**taught.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    taught.wait_until_served(before + 1)
    assert taught.models.manifest(before + 1).options.epochs == 1

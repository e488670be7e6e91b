"""How the threads of inference take turns."""

import subprocess
import sys

import pytest

POLICIES = """
import os, threading
from services.inference.scheduling import share_cores

share_cores()
print(os.sched_getscheduler(0) == os.SCHED_BATCH, flush=True)
thread = threading.Thread(target=lambda: print(os.sched_getscheduler(0) == os.SCHED_BATCH))
thread.start()
thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a policy for batches")
def test_no_thread_takes_a_core_from_one_that_computes() -> None:
    """Neither the first one, nor those that are started afterwards."""
    process = subprocess.run([sys.executable, "-c", POLICIES], check=True, capture_output=True, text=True)
    assert process.stdout.split() == ["True", "True"]

"""What a process imports decides how much memory it takes and how soon it starts."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "familiar.services.capture.__main__",
        "familiar.services.extractor.__main__",
        "familiar.services.inference.__main__",
        "familiar.services.trainer.__main__",
        "familiar.services.trainer.health_check",
        "familiar.cli.main",
    ],
)
def test_nothing_but_a_training_imports_tensorflow(module: str) -> None:
    """A child process that imports the module has neither TensorFlow nor Matplotlib; even the trainer forks without."""
    script = f"import sys, {module}; sys.exit(not {{'tensorflow', 'keras', 'matplotlib'}}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0


def test_the_training_job_does_import_tensorflow() -> None:
    """So the check above can fail."""
    script = "import sys, familiar.services.trainer.job; sys.exit('tensorflow' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=120, check=False).returncode == 0

"""The command line, run in the test's own process: starting one takes a second or two, most of it imports."""

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from familiar.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command wrote, and its exit status."""

    stdout: str
    stderr: str
    returncode: int


def familiar(*arguments: str, **environment: str) -> Ran:
    """Run a command to its end, in an environment with these variables besides."""
    out, err = io.StringIO(), io.StringIO()
    mask = os.umask(0o077)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["familiar", *arguments])
        for name, value in {"COLUMNS": "400", **environment}.items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        else:
            status = 0
        finally:
            # A command sets it for its process, which is the tests' own here.
            os.umask(mask)
    return Ran(out.getvalue(), err.getvalue(), status)

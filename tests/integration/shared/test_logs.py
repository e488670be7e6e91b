"""What a process writes into its log when it fails, and when a value tries to pass for a line."""

import subprocess
import sys

import pytest

RUN = """
import logging, structlog
from familiar.shared.runtime.logs import configure_logs
configure_logs("tested", {log_format!r})
log = structlog.get_logger()
log.info("shown", value={value!r})
logging.getLogger("uvicorn.error").error("other")
try:
    raise KeyError("zoe-1")
except KeyError as error:
    log.error("caught", exc_info=error)
    logging.getLogger("uvicorn.error").exception("caught by a library")
    raise OSError(5, "zoe-2", "/home/samples/zoe-3.jpg") from error
"""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_an_exception_is_logged_with_its_type_and_place_and_without_its_message(log_format: str) -> None:
    """Whoever catches it, or nobody does: messages name people and files. What caused it is told, too."""
    code = RUN.format(log_format=log_format, value="one")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "zoe" not in run.stdout + run.stderr
    for word in ("KeyError", "OSError", "caught by a library", "the process failed", "Traceback", "line 13"):
        assert word in run.stderr


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("value", ["a\nforged line", "a\r\nforged line", "\x1b[31mforged line", "a\u202eforged line"])
def test_a_value_is_shown_and_not_obeyed(log_format: str, value: str) -> None:
    """It stays on its line, in its order and in its colour."""
    code = RUN.format(log_format=log_format, value=value)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    (line,) = [line for line in run.stderr.splitlines() if "forged" in line]
    assert "shown" in line
    assert not set("\x1b\r\u202e") & set(line)

"""Service startup and shutdown: settings, fatal errors, signals."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import structlog
from pydantic import ValidationError

from familiar.shared.contract.errors import FamiliarError
from familiar.shared.runtime.settings import FORMER_NAMES, Settings

SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(settings_type: type[SettingsT]) -> SettingsT:
    """Read settings from the environment; an invalid one exits the process with a sentence and status 2."""
    for former, name in FORMER_NAMES.items():
        if os.environ.get(former):
            sys.stderr.write(f"{former} is called {name} now; its former name counts until 0.3.0.\n")
    try:
        return settings_type()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            setting = "_".join(str(part) for part in problem["loc"]).upper()
            name = setting if setting.startswith(("REDIS_URL", "FAMILIAR_")) else f"FAMILIAR_{setting}"
            sys.stderr.write(f"{name}: {problem['msg'].removeprefix('Value error, ')}\n")
        sys.exit(2)


@contextmanager
def end_with_a_sentence() -> Iterator[None]:
    """Exit on a named error with its sentence and status 2, as for an invalid setting."""
    try:
        yield
    except FamiliarError as error:
        sys.stderr.write(f"{error.detail}\n")
        sys.exit(2)


def end_with_any_thread() -> None:
    """Exit on an uncaught exception in any thread, to be restarted: half a service would look healthy."""

    def end(failure: threading.ExceptHookArgs) -> None:
        structlog.get_logger().error("a thread failed", exc_info=failure.exc_value)
        os._exit(1)

    threading.excepthook = end


def stop_on_signals(stopped: threading.Event) -> None:
    """Set `stopped` on SIGTERM, SIGINT, and SIGHUP, which a closing terminal sends."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)

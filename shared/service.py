"""What the start of every service has in common: reading its settings, and stopping when told to."""

import signal
import sys
import threading
from types import FrameType
from typing import TypeVar

from pydantic import ValidationError

from shared.settings import Settings

SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(settings_type: type[SettingsT]) -> SettingsT:
    """Read settings from the environment; one that makes no sense ends the process with a sentence about it."""
    try:
        return settings_type()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            setting = "_".join(str(part) for part in problem["loc"]).upper()
            name = setting if setting == "REDIS_URL" else f"FAMILIAR_{setting}"
            sys.stderr.write(f"{name}: {problem['msg'].removeprefix('Value error, ')}\n")
        sys.exit(2)


def stop_on_signals(stopped: threading.Event) -> None:
    """Set `stopped` when the process gets SIGTERM or SIGINT."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

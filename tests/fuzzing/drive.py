"""Sends any number of inputs through a door, and notes what came of them."""

import faulthandler
import time
import traceback
from pathlib import Path
from typing import Any

import psutil
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzzing.door import Door, ServerError
from tests.fuzzing.report import Finding, Report

# An input that takes longer is a hang, and ends the process.
DEADLINE_SECONDS = 30
# Hypothesis remembers the examples of a run, so that a round is as long as its memory may grow.
ROUND = 400
_WARM_SHARE = 0.2
_MOST_OF_AN_INPUT = 20_000


class Drive:
    """One run through one door."""

    def __init__(self, name: str, door: Door, last_input: Path) -> None:
        """Write each input to `last_input` before it is sent: it is what killed the process then."""
        self.report = Report(door=name)
        self._door = door
        self._last_input = last_input
        self._processes = [psutil.Process(), *door.processes]

    def run(self, examples: int, start: int) -> Report:
        """Send so many inputs, those of the seed `start`."""
        began = time.monotonic()
        turn = 0
        while self.report.inputs < examples:
            self._guarded(self._door.prepare, None)
            self._round(min(ROUND, examples - self.report.inputs), start * 1_000_000 + turn)
            self._guarded(self._door.look, "the look after a round")
            self._measure(examples)
            turn += 1
        self.report.seconds = time.monotonic() - began
        return self.report

    def _round(self, inputs: int, number: int) -> None:
        before = self.report.inputs

        @seed(number)
        @settings(
            max_examples=-(-inputs // self._door.at_once),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(self._door.inputs)
        def send(sent: Any) -> None:  # noqa: ANN401 - of any kind
            self._guarded(lambda: self._send(sent), sent)

        send()
        if self.report.inputs == before:
            raise RuntimeError(f"the door {self.report.door} has no inputs")

    def _send(self, sent: Any) -> None:  # noqa: ANN401 - of any kind
        self.report.inputs += self._door.at_once
        outcomes = self._door.send(sent)
        for outcome in outcomes:
            setattr(self.report, outcome, getattr(self.report, outcome) + 1)

    def _guarded(self, work: Any, sent: object) -> None:  # noqa: ANN401 - anything that is called
        self._last_input.write_text(_shown(sent))
        faulthandler.dump_traceback_later(DEADLINE_SECONDS, exit=True)
        began = time.monotonic()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, is a finding
            self._note(error, sent)
        finally:
            faulthandler.cancel_dump_traceback_later()
            if sent is not None:
                self.report.slowest_seconds = max(self.report.slowest_seconds, time.monotonic() - began)

    def _note(self, error: Exception, sent: object) -> None:
        place = _place_of(error)
        if place in self.report.findings:
            self.report.findings[place].count += 1
            return
        example = f"{_shown(sent)}\n\n{''.join(traceback.format_exception(error))}"
        self.report.findings[place] = Finding(
            place=place, server_error=isinstance(error, ServerError), count=1, example=example
        )

    def _measure(self, examples: int) -> None:
        megabytes = sum(process.memory_info().rss for process in self._processes if process.is_running()) / 1e6
        if not self.report.warm_mb or self.report.inputs <= examples * _WARM_SHARE:
            self.report.warm_mb = max(self.report.warm_mb, megabytes)
        self.report.end_mb = megabytes
        self.report.largest_mb = max(self.report.largest_mb, megabytes)


def _shown(sent: object) -> str:
    text = repr(sent)
    return text if len(text) <= _MOST_OF_AN_INPUT else f"{text[:_MOST_OF_AN_INPUT]}... ({len(text)} characters)"


def _place_of(error: Exception) -> str:
    """Give the kind of an error and the last line of Familiar's own code, or of any, that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/.venv/" not in frame.filename and "/lib/python" not in frame.filename]
    frame = (own or frames)[-1]
    words = str(error).splitlines()[0][:80] if "/fuzzing/" in frame.filename and str(error) else ""
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} {words}".strip()

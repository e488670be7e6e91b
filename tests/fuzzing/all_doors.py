"""Every door, its share of the inputs, and how one is driven in a process of its own."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from tests.builders import ROOT
from tests.fuzzing.child import LAST_INPUT, REPORT
from tests.fuzzing.report import Finding, Report

# Of a hundred inputs: those that cost least are most.
SHARES = {
    "pictures": 24.0,
    "messages": 16.0,
    "settings": 10.0,
    "command_line": 3.0,
    "models": 6.0,
    "home": 6.0,
    "backups": 5.0,
    "http": 8.0,
    "uploads": 6.0,
    "cameras": 6.0,
    "frames": 3.0,
    "faces": 3.0,
    "events": 2.0,
    "redis": 2.0,
}
_SHOWN_OF_A_LOG = 5000


def taught_home(folder: Path) -> None:
    """Make the home that doors copy, in a process whose memory goes with it."""
    made = _run("tests.fuzzing.ground", str(folder / "taught"))
    if made.returncode:
        raise RuntimeError(made.stderr[-_SHOWN_OF_A_LOG:])


def drive_door(door: str, examples: int, seed: int, folder: Path) -> Report:
    """Send so many inputs through a door, and give what came of them; a process that dies is a finding."""
    own = folder / door
    own.mkdir()
    try:
        ended = _run("tests.fuzzing.child", door, str(examples), str(seed), str(own))
    finally:
        _end_orphans(own)
    report = own / REPORT
    if ended.returncode == 0 and report.exists():
        return Report.model_validate_json(report.read_bytes())
    last = own / LAST_INPUT
    example = f"{last.read_text() if last.exists() else ''}\n\n{ended.stderr[-_SHOWN_OF_A_LOG:]}"
    place = f"the process ended with {ended.returncode}"
    return Report(
        door=door,
        inputs=1,
        findings={place: Finding(place=place, server_error=False, count=1, example=example)},
    )


def _run(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", module, *arguments]
    # Whoever drives a door has a deadline for each input.
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)


def _end_orphans(folder: Path) -> None:
    """End what a killed process has left: services have the folder in their environment, Redis as an argument."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(str(folder) in word for word in (*process.cmdline(), *process.environ().values())):
                process.kill()

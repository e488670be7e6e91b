"""CPU and memory usage of the processes of a running stack."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from familiar.cli.stack.local_stack import SERVICES
from familiar.shared.contract.errors import ServiceFailed

TENTHS = 10

_MEGABYTE = 1e6


class Look(NamedTuple):
    """A sample of a process: the time, its CPU seconds, and its resident megabytes."""

    at: float
    cpu_seconds: float
    megabytes: float


@dataclass(frozen=True)
class Taken:
    """The usage of a process: percent of one core, and megabytes at the start and after each tenth of the time.

    Memory growth is in percent, from after the first tenth to the end.
    """

    cpu_percent: float
    resident_megabytes: tuple[float, ...]
    resident_growth_percent: float


class ProcessWatch:
    """A sampler of Redis and all services of a local stack."""

    def __init__(self, supervisor_pid: int) -> None:
        """Find the child processes of the process manager."""
        self._processes = {_name(child): child for child in psutil.Process(supervisor_pid).children()}
        self.looks: dict[str, list[Look]] = {name: [] for name in self._processes}

    def look(self) -> None:
        """Sample each process once.

        Raises:
            ServiceFailed: one of them has ended.
        """
        for name, process in self._processes.items():
            try:
                times, memory = process.cpu_times(), process.memory_info()
            except psutil.NoSuchProcess as error:
                raise ServiceFailed(f"The process of {name} has ended.") from error
            self.looks[name].append(Look(time.monotonic(), times.user + times.system, memory.rss / _MEGABYTE))


def taken(looks: Sequence[Look]) -> Taken:
    """Summarise the samples of one process, at least two, in chronological order."""
    first, last = looks[0], looks[-1]
    seconds = last.at - first.at
    due = [first.at + seconds * tenth / TENTHS for tenth in range(TENTHS)]
    megabytes = [next(look.megabytes for look in looks if look.at >= moment) for moment in due]
    return Taken(
        cpu_percent=100 * (last.cpu_seconds - first.cpu_seconds) / seconds,
        resident_megabytes=(*megabytes, last.megabytes),
        resident_growth_percent=100 * (last.megabytes / megabytes[1] - 1),
    )


def _name(process: psutil.Process) -> str:
    command = process.cmdline()
    return next((service for service in SERVICES if f"familiar.services.{service}" in command), "redis")

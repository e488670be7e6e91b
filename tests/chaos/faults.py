"""Inflicting the faults of a plan, one after another."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass

import psutil

from familiar.shared.contract.redis_names import TRAINER
from tests.chaos.machine import Machine
from tests.chaos.plan import ALL, HORSE, REDIS, SERVICES, Fault, Kind
from tests.chaos.stack import Running

# How long a fault waits for a process that is just being restarted, or for a training.
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Inflicted:
    """A fault that was inflicted, from when to when, on the monotonic clock."""

    fault: Fault
    began: float
    ended: float


class Injector:
    """What inflicts faults on the processes of a run."""

    def __init__(self, running: Running, machine: Machine, tell: Callable[[str], None]) -> None:
        """Say each fault with `tell`."""
        self.inflicted: list[Inflicted] = []
        self.missed: list[Fault] = []
        """Those whose process did not run."""
        self._running = running
        self._machine = machine
        self._tell = tell

    def inflict_all(self, faults: tuple[Fault, ...], stopped: threading.Event) -> None:
        """Inflict faults at their times, those left out that the machine does not permit."""
        for fault in faults:
            if stopped.wait(fault.after):
                return
            if fault.kind not in self._machine.missing:
                self._inflict(fault, stopped)

    def orphan_a_training(self, begin: Callable[[], None]) -> None:
        """Kill the trainer while its work horse trains: whatever is stopped then, the work horse has to end with it."""
        begin()
        with suppress(_NotRunningError, psutil.NoSuchProcess):
            self._process(HORSE)
            self._process(TRAINER).kill()

    def _inflict(self, fault: Fault, stopped: threading.Event) -> None:
        began = time.monotonic()
        try:
            with self._state(fault):
                self._tell(str(fault))
                stopped.wait(fault.lasts)
        except (_NotRunningError, psutil.NoSuchProcess):
            self._tell(f"{fault}: there was none")
            self.missed.append(fault)
        else:
            self.inflicted.append(Inflicted(fault, began, time.monotonic()))

    def _state(self, fault: Fault) -> AbstractContextManager[None]:
        """Return the fault as a block in which it lasts."""
        around = self._running.around
        match fault.kind:
            case Kind.PAUSE:
                return _paused(self._process(fault.target))
            case Kind.DISK_FULL if around.disk is not None:
                return around.disk.full()
            case Kind.NETWORK_CUT if around.network is not None:
                return _cut(self._running, fault.target)
            case Kind.KILL:
                self._process(fault.target).kill()
            case Kind.CLOCK_JUMP if around.clock is not None:
                around.clock.set(fault.offset)
            case _:
                self._restart_redis(fault.kind)
        return nullcontext()

    def _restart_redis(self, kind: Kind) -> None:
        far = self._running.around.far_redis
        if far is None:
            # The process manager starts another, and nothing of the old one is left: it writes nothing to disk.
            self._process(REDIS).kill()
            return
        if kind is Kind.REDIS_KEPT:
            far.save()
        if kind is Kind.REDIS_LOST:
            far.forget()
        far.kill()
        far.start()

    def _process(self, target: str) -> psutil.Process:
        until = time.monotonic() + _PATIENCE_SECONDS
        while (process := self._running.find(target)) is None:
            if time.monotonic() > until:
                raise _NotRunningError
            time.sleep(0.05)
        return process


class _NotRunningError(Exception):
    """There is no such process to inflict a fault on."""


@contextmanager
def _paused(process: psutil.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


@contextmanager
def _cut(running: Running, target: str) -> Iterator[None]:
    network = running.around.network
    assert network is not None
    users = SERVICES if target == ALL else (target,)
    network.cut(users)
    try:
        yield
    finally:
        network.join(users)

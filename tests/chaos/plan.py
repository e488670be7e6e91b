"""The faults of a run, drawn from its seed before it starts: the same seed gives the same faults at the same times."""

import random
from dataclasses import dataclass
from enum import StrEnum

from familiar.shared.contract import redis_names

HORSE = "work horse"
ALL = "all services"
REDIS = "redis"
SERVICES = (redis_names.CAPTURE, redis_names.EXTRACTOR, redis_names.TRAINER, redis_names.INFERENCE)
PROCESSES = (*SERVICES, HORSE)

HOUR = 3600


class Kind(StrEnum):
    """A kind of fault."""

    KILL = "kill"
    """SIGKILL."""
    PAUSE = "pause"
    """SIGSTOP, and after a while SIGCONT."""
    REDIS_LOST = "redis without data"
    """Redis is killed and comes back empty."""
    REDIS_KEPT = "redis with data"
    """Redis is killed and comes back with all it had."""
    REDIS_OLDER = "redis with old data"
    """Redis is killed and comes back with what it had in an older snapshot."""
    DISK_FULL = "disk full"
    """Nothing can be written below FAMILIAR_HOME for a while."""
    CLOCK_JUMP = "clock jump"
    """The wall clock of all processes jumps; the monotonic one does not."""
    NETWORK_CUT = "network cut"
    """Packets between Redis and a service, or all of them, are lost for a while."""


# What takes a Redis on the far side of a network, which Familiar's own is not.
NETWORKED = {Kind.REDIS_KEPT, Kind.REDIS_OLDER, Kind.NETWORK_CUT}
_TARGETS = {
    Kind.KILL: PROCESSES,
    Kind.PAUSE: (*PROCESSES, REDIS),
    Kind.NETWORK_CUT: (*SERVICES, ALL),
}
# Some outlast a lease (3.5 s), a socket's timeout (10 s) and the claim of a replica's faces (10 s), most do not.
_LASTING = (0.5, 1.5, 3.0, 5.0, 12.0)
_SHORTEST_WAIT, _LONGEST_WAIT = 0.3, 2.5
# Seconds beside the true time. Between two of them lies a jump of 10 s, a minute or some hours, forward or back.
_OFFSETS = (-6 * HOUR, -60, -5, 5, 60, 6 * HOUR)


@dataclass(frozen=True)
class Fault:
    """One fault: what, of whom, so many seconds after the one before, and for how long."""

    kind: Kind
    target: str
    """A process, or whose link; empty where there is no choice."""
    after: float
    lasts: float
    """0 for what is no state."""
    offset: int
    """The clock's, in seconds beside the true time; 0 for other kinds."""

    def __str__(self) -> str:
        """Say what happens."""
        said = f"{self.kind} {self.target}".rstrip()
        if self.lasts:
            said += f" for {self.lasts:g} s"
        return f"{said} to {self.offset:+d} s" if self.offset else said


@dataclass(frozen=True)
class Plan:
    """What happens in the run of a seed."""

    seed: int
    networked: bool
    """Whether Redis is on the far side of a network, as in a cluster; else it is Familiar's own on a socket."""
    late: bool
    """Whether the first fault waits until the first training runs; else it comes amid the first enrolments."""
    faults: tuple[Fault, ...]


def draw_plan(seed: int, count: int) -> Plan:
    """Draw `count` faults for a seed: each kind once, if there is room, and others of any kind, in any order."""
    rng = random.Random(seed)
    # All four ways in turn.
    networked, late = seed % 2 == 0, seed // 2 % 2 == 0
    kinds = [kind for kind in Kind if networked or kind not in NETWORKED]
    # There are more ways to kill and to pause than there are of the others.
    weights = [len(_TARGETS.get(kind, (kind,))) for kind in kinds]
    drawn = [*rng.sample(kinds, min(count, len(kinds))), *rng.choices(kinds, weights, k=max(0, count - len(kinds)))]
    rng.shuffle(drawn)
    faults = [_draw_fault(rng, kind) for kind in drawn]
    if not late:
        # Amid the first enrolments there is no work horse.
        faults.sort(key=lambda fault: fault.target == HORSE)
    return Plan(seed, networked, late, tuple(faults))


def _draw_fault(rng: random.Random, kind: Kind) -> Fault:
    lasting = kind in {Kind.PAUSE, Kind.DISK_FULL, Kind.NETWORK_CUT}
    return Fault(
        kind,
        rng.choice(_TARGETS.get(kind, ("",))),
        after=round(rng.uniform(_SHORTEST_WAIT, _LONGEST_WAIT), 1),
        lasts=rng.choice(_LASTING) if lasting else 0.0,
        offset=rng.choice(_OFFSETS) if kind is Kind.CLOCK_JUMP else 0,
    )

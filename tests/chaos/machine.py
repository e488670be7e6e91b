"""What this machine permits: some faults take root, a compiler, or namespaces, and are left out elsewhere."""

from dataclasses import dataclass

from tests.chaos.clock import missing_for_a_clock
from tests.chaos.disk import missing_for_a_disk
from tests.chaos.network import missing_for_a_network
from tests.chaos.plan import NETWORKED, Kind


@dataclass(frozen=True)
class Machine:
    """The kinds of faults that this machine does not permit, each with the reason."""

    missing: dict[Kind, str]

    @property
    def may_mount(self) -> bool:
        """Whether it permits a small disk."""
        return Kind.DISK_FULL not in self.missing

    @property
    def has_clock(self) -> bool:
        """Whether it permits a clock that jumps."""
        return Kind.CLOCK_JUMP not in self.missing

    @property
    def has_network(self) -> bool:
        """Whether it permits a network of one's own."""
        return Kind.NETWORK_CUT not in self.missing


def this_machine() -> Machine:
    """Look at what this machine permits."""
    reasons = {
        Kind.DISK_FULL: missing_for_a_disk(),
        Kind.CLOCK_JUMP: missing_for_a_clock(),
        **dict.fromkeys(sorted(NETWORKED), missing_for_a_network()),
    }
    return Machine({kind: reason for kind, reason in reasons.items() if reason is not None})

"""Quotas: how much of each kind may be stored, and how much of the disk stays free for what must still be written."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from familiar.shared.contract.errors import DiskFull

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Quotas:
    """The most people, samples of each and strangers' faces, None without a limit; and the space that is kept free."""

    people: int | None = None
    samples: int | None = None
    strangers: int | None = None
    least_free_mb: int = 0

    def require_space(self, home: Path) -> None:
        """Check that more than the reserve is free on the disk of `home`.

        The reserve is for what follows from work that was accepted, and for forgetting: records, versions, logs.

        Raises:
            DiskFull: it is not.
        """
        if trouble := self.trouble_with(home):
            raise DiskFull(f"{trouble} Nothing new was stored. Make room, then try again.")

    def trouble_with(self, home: Path) -> str | None:
        """Return how little is free on the disk of `home` in a sentence, or None where there is enough."""
        free = free_megabytes(home)
        if free >= self.least_free_mb:
            return None
        return f"Only {free:,} MB are free on the disk, less than FAMILIAR_LEAST_FREE_MB, {self.least_free_mb:,} MB."


def free_megabytes(home: Path) -> int:
    """Return how many megabytes this process may still write to the disk of `home`, an existing folder."""
    return shutil.disk_usage(home).free // _MEGABYTE

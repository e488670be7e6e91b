"""What was seen at a door, and the table of all doors."""

from collections.abc import Sequence

from pydantic import BaseModel
from rich.table import Table


class Finding(BaseModel):
    """Something that must not happen, as often as it did at one place of the code."""

    place: str
    server_error: bool
    count: int
    example: str
    """The input and the traceback, for the first time."""


class Report(BaseModel):
    """What came of all inputs at one door. Memory is that of all processes behind it, in MB."""

    door: str
    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    findings: dict[str, Finding] = {}
    seconds: float = 0
    slowest_seconds: float = 0
    warm_mb: float = 0
    """After the first rounds, when everything is loaded."""
    end_mb: float = 0
    largest_mb: float = 0

    @property
    def crashes(self) -> int:
        """How many inputs were neither accepted nor refused by name."""
        return sum(found.count for found in self.findings.values() if not found.server_error)

    @property
    def server_errors(self) -> int:
        """How many inputs were answered with 500 or the like."""
        return sum(found.count for found in self.findings.values() if found.server_error)

    @property
    def grown(self) -> bool:
        """Whether more memory was taken than caches explain: a leak of 4 kB an input shows in 50,000 of them."""
        return self.end_mb > self.warm_mb * 1.25 + 50

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings and not self.grown


def table_of(reports: Sequence[Report]) -> Table:
    """Give the table: a row for each door, and one for all of them."""
    table = Table("door", "inputs", "accepted", "refused", "crashes", "500s", "took", "slowest", "memory, MB")
    for report in reports:
        memory = f"{report.warm_mb:.0f} -> {report.end_mb:.0f}, at most {report.largest_mb:.0f}"
        table.add_row(report.door, *_counts([report]), _in_words(report.slowest_seconds), memory)
    table.add_section()
    table.add_row("all", *_counts(reports), _in_words(max(report.slowest_seconds for report in reports)))
    return table


def _counts(reports: Sequence[Report]) -> list[str]:
    names = ("inputs", "accepted", "refused", "crashes", "server_errors")
    sums = [f"{sum(getattr(report, name) for report in reports):,}" for name in names]
    return [*sums, f"{sum(report.seconds for report in reports):.0f} s"]


def _in_words(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"

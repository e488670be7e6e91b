"""The outcome of all runs: a table of faults and checks, a line of JSON, and how to repeat what failed."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.chaos.plan import Fault, Kind
from tests.chaos.run import Result

_SHOWN_VIOLATIONS = 5


@dataclass(frozen=True)
class Figures:
    """The figures of all runs."""

    results: Sequence[Result]

    @property
    def faults(self) -> Counter[str]:
        """The number of inflicted faults, by kind and, for processes, target."""
        return Counter(_name_of(each.fault) for result in self.results for each in result.inflicted)

    @property
    def work(self) -> Counter[str]:
        """What was done meanwhile."""
        return sum((Counter(result.work) for result in self.results), Counter())

    @property
    def failed(self) -> Counter[str]:
        """The number of runs in which a check did not hold, for every check."""
        failed = Counter({check: 0 for result in self.results for check in result.violations})
        failed.update(check for result in self.results for check, said in result.violations.items() if said)
        return failed


def failure_in_words(result: Result, command: str) -> str:
    """Say what did not hold in a run, and how to repeat it."""
    lines = [f"seed {result.plan.seed}: these did not hold"]
    for check, said in result.violations.items():
        if said:
            lines.append(f"  {check.replace('_', ' ')}: {len(said)}")
            lines += [f"    {words}" for words in said[:_SHOWN_VIOLATIONS]]
    return "\n".join([*lines, f"  Repeat it with `{command}`."])


def print_figures(figures: Figures, left_out: dict[Kind, str]) -> None:
    """Print the tables, and a line of JSON."""
    console = Console()
    runs = len(figures.results)
    faults = Table("fault", "times", title=f"{figures.faults.total()} faults in {runs} runs")
    for name, count in sorted(figures.faults.items()):
        faults.add_row(name, str(count))
    for kind, reason in left_out.items():
        faults.add_row(kind, f"left out: {reason}")
    console.print(faults)
    checks = Table("check", "held", "failed")
    for check, failed in figures.failed.items():
        checks.add_row(check.replace("_", " "), str(runs - failed), str(failed))
    console.print(checks)
    print(
        json.dumps(
            {
                "chaos": runs,
                "seconds": round(sum(result.seconds for result in figures.results)),
                "faults": dict(sorted(figures.faults.items())),
                "left_out": left_out,
                "work": figures.work,
                "failed": figures.failed,
            }
        )
    )


def _name_of(fault: Fault) -> str:
    return f"{fault.kind} {fault.target}".rstrip()

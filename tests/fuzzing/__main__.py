"""Fuzzes every door of Familiar: python -m tests.fuzzing [--examples N] [--seed S] [--door NAME ...].

Each door is driven in a process of its own, by inputs that Hypothesis and Schemathesis make: nearly right, damaged, or
nothing of the kind. Whatever is neither accepted nor refused with a code and a sentence is a finding, and so are an
answer of 500, an input that takes half a minute, a process that dies, and memory that grows. The same seed and number
of inputs make the same inputs. Findings are written to build/fuzzing; the exit status is 1 if there are any.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.fuzzing.all_doors import SHARES, drive_door, taught_home
from tests.fuzzing.report import Report, table_of

FINDINGS = Path("build") / "fuzzing"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - files there cost no writes of a disk


def main(arguments: Sequence[str] | None = None) -> int:
    """Drive the doors, print the table, and give the exit status."""
    options = _parse(arguments)
    doors = options.door or list(SHARES)
    whole = sum(SHARES[door] for door in doors)
    console = Console(width=150)
    reports = []
    with TemporaryDirectory(dir=_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None) as folder:
        taught_home(Path(folder))
        for door in doors:
            examples = max(1, round(options.examples * SHARES[door] / whole))
            report = drive_door(door, examples, options.seed, Path(folder))
            console.print(_in_a_line(report), highlight=False, markup=False)
            _write_findings(report)
            reports.append(report)
    console.print(table_of(reports))
    return 0 if all(report.passed for report in reports) else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100_000, help="how many inputs in all")
    parser.add_argument("--seed", type=int, default=0, help="the same seed and number make the same inputs")
    parser.add_argument("--door", action="append", choices=SHARES, help="one door alone; may be given again")
    return parser.parse_args(arguments)


def _in_a_line(report: Report) -> str:
    per_second = report.inputs / report.seconds if report.seconds else 0
    grown = ", and its memory grows" if report.grown else ""
    return (
        f"{report.door}: {report.inputs:,} inputs, {per_second:,.0f} a second, {len(report.findings)} findings{grown}"
    )


def _write_findings(report: Report) -> None:
    for number, found in enumerate(report.findings.values(), 1):
        FINDINGS.mkdir(parents=True, exist_ok=True)
        path = FINDINGS / f"{report.door}-{number}.txt"
        path.write_text(f"{found.place}, {found.count} times\n\n{found.example}")
        sys.stderr.write(f"  {path}: {found.place}, {found.count} times\n")


if __name__ == "__main__":
    sys.exit(main())

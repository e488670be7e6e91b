"""Chaos: real processes under random faults, and what has to hold whatever happens.

    python -m tests.chaos --seeds 20

Each seed is a run: a stack is started as `familiar up` starts it, in every second run with a Redis on the far side of a
network. People are enrolled, trained and asked about, while processes are killed and paused, Redis is restarted, the
disk is full, the clock jumps and the network is cut. The checks look when the faults are over and what was begun is
done. The faults of a run and their times are drawn from its seed; what they hit is up to the scheduler.

Root is needed for the disk and the network, a C compiler for the clock; elsewhere these faults are left out. The exit
status is 1 if a check did not hold.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.progress import tell
from tests.chaos.machine import this_machine
from tests.chaos.plan import draw_plan
from tests.chaos.report import Figures, failure_in_words, print_figures
from tests.chaos.run import Result, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds, and print what came of them."""
    options = _parse(arguments)
    # Unwind on this as well: processes, mounts and namespaces would be left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    machine = this_machine()
    for kind, reason in machine.missing.items():
        tell(f"{kind} is left out: {reason}")
    results: list[Result] = []
    began = time.monotonic()
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        if time.monotonic() - began > 60 * options.minutes:
            tell(f"{options.minutes} minutes are over, before seed {seed}")
            break
        plan = draw_plan(seed, options.faults)
        far = plan.networked and machine.has_network
        tell(f"seed {seed}: {len(plan.faults)} faults, {'a far Redis' if far else 'a Redis of its own'}")
        with TemporaryDirectory(prefix="familiar-chaos-") as folder:
            result = run(plan, machine, Path(folder), tell)
        results.append(result)
        if any(result.violations.values()):
            tell(failure_in_words(result, _again(seed, options.faults)))
        else:
            tell(f"seed {seed}: all checks hold, {result.work}, {result.seconds:.0f} s")
    figures = Figures(results)
    print_figures(figures, machine.missing)
    return 1 if figures.failed.total() else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Familiar under random faults.")
    parser.add_argument("--seeds", type=int, default=5, help="how many runs")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=12, help="of each run")
    parser.add_argument("--minutes", type=float, default=60, help="after which no further run begins")
    return parser.parse_args(arguments)


def _again(seed: int, faults: int) -> str:
    return f"make chaos ARGS='--seeds 1 --first-seed {seed} --faults {faults}'"


if __name__ == "__main__":
    sys.exit(main())

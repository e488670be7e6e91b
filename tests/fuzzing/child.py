"""One door in a process of its own, whose death is a finding.

python -m tests.fuzzing.child DOOR EXAMPLES SEED FOLDER
"""

import logging
import resource
import sys
from importlib import import_module
from pathlib import Path

import structlog

from tests.fuzzing.drive import Drive
from tests.fuzzing.ground import Ground

REPORT = "report.json"
LAST_INPUT = "last-input.txt"
# Whatever asks for more than the machine should give fails by itself, and is a finding.
_MOST_MEMORY = 16_000_000_000


def main(door: str, examples: int, seed: int, folder: Path) -> None:
    """Drive the door, and leave the report in its folder."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.RLIM_INFINITY))
    # Every refusal is logged, too: half of the time would go there.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    ground = Ground(folder.parent / "taught", folder)
    with import_module(f"tests.fuzzing.doors.{door}").open_door(ground) as opened:
        report = Drive(door, opened, folder / LAST_INPUT).run(examples, seed)
    (folder / REPORT).write_text(report.model_dump_json())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))

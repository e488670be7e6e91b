"""Records that outlive Redis: JSON files in one folder, one for each name.

enrolments/<camera>.json       an open enrolment
trainings/<job_id>.json        a training job, until a day after its end
"""

import re
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import structlog
from filelock import FileLock
from pydantic import ValidationError

from familiar.shared.contract.messages import Message
from familiar.shared.runtime.files import write_atomically

_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")

_log = structlog.get_logger()

RecordT = TypeVar("RecordT", bound=Message)


class Records(Generic[RecordT]):
    """Records of one kind. Readers need no lock; whoever changes a record along with Redis holds `lock` meanwhile."""

    def __init__(self, home: Path, folder: str, kind: type[RecordT]) -> None:
        """Open the records in `folder` below `home`, creating it if missing."""
        self._folder = home / folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._kind = kind
        self.lock = FileLock(home / f"{folder}.lock")

    def find(self, name: str) -> RecordT | None:
        """Return the record of a name, or None if there is none that can be read."""
        if _NAME.fullmatch(name) is None:
            return None
        try:
            return self._kind.model_validate_json(self._path(name).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            _say_passed_over(self._path(name), error.error_count())
            return None

    def all(self) -> tuple[RecordT, ...]:
        """Return all records that can be read, sorted by name."""
        names = sorted(path.stem for path in self._folder.glob("*.json"))
        return tuple(record for name in names if (record := self.find(name)) is not None)

    def write(self, name: str, record: RecordT) -> None:
        """Write the record of a name, durably and with mode 600.

        Raises:
            OSError: the disk is full; the record is unchanged.
        """
        write_atomically(self._path(name), record.model_dump_json().encode())

    def remove(self, name: str) -> None:
        """Delete the record of a name, if there is one."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


@cache
def _say_passed_over(path: Path, faults: int) -> None:
    """Log an unreadable record once, although it is read every second."""
    _log.warning("record passed over", record=f"{path.parent.name}/{path.name}", faults=faults)

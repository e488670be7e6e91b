"""The log files of local mode: a new one each day or megabyte, as many as there are days to keep.

supervisord rotates by size alone. At the turn of a day the files are renamed as it would, and it opens new ones when it
is told to (SIGUSR2). Every name ends in `.log`, or `.log.1` and so on, the newest first.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from familiar.shared.runtime.files import regular_files, remove, stored_at

MOST_BYTES = "1MB"


def begin_new_files(folder: Path, most: int) -> None:
    """Rename every log to its next number, so that nothing has the first name; at most `most` of each are left."""
    for log in regular_files(folder, ".log"):
        files = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, most))]
        remove(files[-1])
        for newer, older in reversed(list(pairwise(files))):
            if newer.exists():
                newer.replace(older)


def delete_old_files(folder: Path, days: int, now: datetime) -> None:
    """Delete the logs that were last written more than `days` ago."""
    for path in regular_files(folder):
        if stored_at(path) <= now - timedelta(days=days):
            remove(path)


def is_begun_before_today(folder: Path, now: datetime) -> bool:
    """Return whether a log has lines of an earlier day, in UTC, and none of today."""
    return any(stored_at(path).date() < now.date() for path in regular_files(folder, ".log"))

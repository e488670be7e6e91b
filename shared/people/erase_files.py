"""Deleting somebody from files beside the stores: records that name them, and lines of logs."""

from pathlib import Path

from familiar.shared.people.mentions import Mentions
from familiar.shared.people.overwrite import overwrite_lines
from familiar.shared.runtime.files import remove

# Folders of one file for each record; a record that names somebody is about them.
RECORDS = ("enrolments", "trainings")
LOGS = "logs"


def erase_records(home: Path, mentions: Mentions) -> None:
    """Delete every record that names somebody, by its file's name or in it."""
    for path in (path for folder in RECORDS for path in (home / folder).rglob("*") if path.is_file()):
        if mentions.are_in(path.stem) or mentions.are_in(path.read_text(errors="replace")):
            remove(path)


def mask_logs(home: Path, mentions: Mentions) -> int:
    """Overwrite somebody's names in the logs of local mode, and return the number of changed lines.

    In place and byte for byte, as the process manager goes on appending to the same files.
    """
    logs = (path for path in sorted((home / LOGS).glob("*.log*")) if path.is_file())
    return sum(overwrite_lines(path, mentions.masked) for path in logs)

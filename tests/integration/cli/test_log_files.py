"""Logs of local mode: a new file each day, as many as there are days to keep, and none that is older."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from familiar.cli.stack.local_stack import LocalSettings, LocalStack
from familiar.cli.stack.log_files import begin_new_files, delete_old_files, is_begun_before_today
from familiar.shared.people.erase_files import mask_logs
from familiar.shared.people.mentions import Mentions
from familiar.shared.stores.forgettings import Forgettings

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def logs(home: Path) -> Path:
    """Give the folder of logs."""
    folder = home / "logs"
    folder.mkdir()
    return folder


def write(path: Path, text: str, days: int = 0) -> None:
    """Write a log that was last written so many days ago."""
    path.write_text(text)
    then = (NOW - days * DAY).timestamp()
    os.utime(path, (then, then))


def read(folder: Path) -> dict[str, str]:
    """Read all logs by name."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_each_file_gets_the_next_number_and_the_last_one_goes(logs: Path) -> None:
    """As supervisord would rename them, so that forgetting finds every name in them."""
    for name, text in (("a.log", "today"), ("a.log.1", "yesterday"), ("a.log.2", "before")):
        write(logs / name, text)
    write(logs / "b.log", "other")
    begin_new_files(logs, 3)
    assert read(logs) == {"a.log.1": "today", "a.log.2": "yesterday", "b.log.1": "other"}
    begin_new_files(logs, 3)
    assert read(logs) == {"a.log.1": "today", "a.log.2": "yesterday", "b.log.1": "other"}
    assert mask_logs(logs.parent, Mentions(("yesterday",))) == 1


def test_with_one_day_to_keep_there_is_one_file(logs: Path) -> None:
    """It begins anew."""
    write(logs / "a.log", "yesterday")
    begin_new_files(logs, 1)
    assert read(logs) == {}


def test_files_that_are_too_old_go_although_they_are_few(logs: Path) -> None:
    """Familiar may not have run for weeks."""
    write(logs / "a.log", "old", 14)
    write(logs / "a.log.1", "older", 15)
    write(logs / "b.log", "new", 13)
    delete_old_files(logs, 14, NOW)
    assert read(logs) == {"b.log": "new"}


def test_a_log_of_an_earlier_day_is_told_from_one_of_today(logs: Path) -> None:
    """A second start on the same day appends."""
    assert not is_begun_before_today(logs, NOW)
    write(logs / "a.log", "today")
    assert not is_begun_before_today(logs, NOW)
    write(logs / "b.log", "yesterday", 1)
    assert is_begun_before_today(logs, NOW)


def test_nothing_is_renamed_while_somebody_is_being_forgotten(home: Path, logs: Path) -> None:
    """Their name is overwritten in one file after the other; it is done at the next look."""
    stack = LocalStack(LocalSettings(home, 1, 2, redis_url="redis://127.0.0.1:1", cameras="", keep_log_days=3))
    write(logs / "a.log", "yesterday", 1)
    with Forgettings(home).one_at_a_time():
        stack.keep_logs(NOW)
    assert read(logs) == {"a.log": "yesterday"}
    stack.keep_logs(NOW)
    assert read(logs) == {"a.log.1": "yesterday"}
    stack.keep_logs(NOW)
    assert read(logs) == {"a.log.1": "yesterday"}
    write(logs / "a.log", "today")
    stack.keep_logs(NOW)
    assert read(logs) == {"a.log": "today", "a.log.1": "yesterday"}
    stack.keep_logs(NOW + DAY)
    assert read(logs) == {"a.log.1": "today", "a.log.2": "yesterday"}

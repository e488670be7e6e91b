"""The store of forgettings: who is being forgotten, and how many forgettings there were.

    forgotten/<person>.json                       an intention, from before the first deletion until after the last
    forgotten/count                               the number of forgettings, which answers are compared with

An intention is what makes an interrupted forgetting resumable. The count changes after everything has been deleted, and
never while an answer is sent (a lock on the file): an answer that began under another count is not sent.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

import structlog
from filelock import FileLock
from pydantic import ValidationError

from familiar.shared.contract.messages import Message, Slug, TrainingOptions
from familiar.shared.contract.slugs import tidy_name
from familiar.shared.runtime.files import PARTIAL_PREFIX, sync, write_atomically

# Sending takes microseconds, unless a client does not read; no such client can hold a forgetting up.
_LONGEST_SENDING_SECONDS = 2.0
_MOST_DIGITS = 18

_log = structlog.get_logger()


class Intention(Message):
    """What is to be forgotten, as found before the first deletion."""

    person: Slug
    names: tuple[str, ...]
    """Display names, today's and those in model versions."""
    samples: int
    model_versions: tuple[int, ...]
    """The versions that know the person."""
    training: TrainingOptions | None
    """The options of the training that the others need afterwards; None if they need none."""
    job_id: str
    """The id of that training job, so that it is enqueued once."""


class Moment(NamedTuple):
    """The forgettings of a moment: how many were complete, and the files of those under way."""

    completed: int
    under_way: frozenset[str]


class Forgettings:
    """The forgettings below one home. Any number of processes may use it concurrently."""

    def __init__(self, home: Path) -> None:
        """Open the store below `home`."""
        self._home = home
        self._lock = FileLock(home / "forgotten.lock")

    @contextmanager
    def one_at_a_time(self, timeout_seconds: float = -1) -> Iterator[None]:
        """Hold the lock of whoever forgets; a negative timeout waits for it without end.

        Raises:
            filelock.Timeout: somebody else holds it.
        """
        with self._lock.acquire(timeout=timeout_seconds):
            yield

    def begin(self, intention: Intention) -> None:
        """Record an intention durably, before the first deletion."""
        write_atomically(self._path(intention.person), intention.model_dump_json().encode())
        sync(self._folder)

    def end(self, person: str) -> None:
        """Delete an intention, after the last deletion."""
        self._path(person).unlink(missing_ok=True)
        for partial in self._folder.glob(f"{PARTIAL_PREFIX}*"):
            partial.unlink(missing_ok=True)

    def pending(self) -> tuple[Intention, ...]:
        """Return the intentions that were not completed."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            # Another process may complete it meanwhile.
            with suppress(FileNotFoundError):
                found.append(_read(path))
        return tuple(found)

    def find(self, name: str) -> Intention | None:
        """Return the pending intention for a person of that slug or display name, or None."""
        sought = tidy_name(name).casefold()
        for intention in self.pending():
            if sought in {intention.person, *(known.casefold() for known in intention.names)}:
                return intention
        return None

    def count(self) -> int:
        """Return the number of forgettings so far, from 0 again where the file does not say it."""
        return _number_in(self._count.read_bytes())

    def moment(self) -> Moment:
        """Return what there is of forgettings now, to be compared with later."""
        return Moment(self.count(), frozenset(path.name for path in self._folder.glob("*.json")))

    def changed_since(self, moment: Moment) -> bool:
        """Return whether since then somebody was forgotten, or a forgetting has begun."""
        now = self.moment()
        return now.completed != moment.completed or not now.under_way <= moment.under_way

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Keep the count from changing while an answer is sent; for a moment only."""
        with self._count.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def advance(self) -> None:
        """Increment the count, after everything has been deleted, and after the answers that are being sent."""
        with self._count.open("rb+", buffering=0) as file:
            _lock_exclusively(file)
            text = file.read()
            count = str(_number_in(text) + 1).encode()
            # In one write, and never shorter than before: who is killed leaves one of the two numbers.
            file.seek(0)
            file.write(count)
            if len(text) > len(count):
                # It was no number.
                file.truncate(len(count))

    @cached_property
    def _folder(self) -> Path:
        folder = self._home / "forgotten"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def _count(self) -> Path:
        path = self._folder / "count"
        path.touch()
        return path

    def _path(self, person: str) -> Path:
        return self._folder / f"{person}.json"


def is_being_forgotten(home: Path, person: str) -> bool:
    """Return whether the forgetting of a person has begun and is not complete."""
    return (home / "forgotten" / f"{person}.json").exists()


def _number_in(text: bytes) -> int:
    # A longer one never came from counting.
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _read(path: Path) -> Intention:
    try:
        return Intention.model_validate_json(path.read_bytes())
    except ValidationError:
        # Written atomically, so from another version of Familiar or by hand: its name says whom to forget.
        return Intention(person=path.stem, names=(), samples=0, model_versions=(), training=None, job_id=path.stem)


def _lock_exclusively(file: BinaryIO) -> None:
    until = time.monotonic() + _LONGEST_SENDING_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                _log.warning("an answer is being sent to a client that does not read it")
                return
            time.sleep(0.001)
        else:
            return

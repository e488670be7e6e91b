"""Reads the audit log, newest entries first."""

import heapq
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from familiar.shared.audit.audit_log import audit_folders, files_in
from familiar.shared.audit.entry import AuditEntry
from familiar.shared.runtime.files import read_regular


@dataclass(frozen=True)
class Wanted:
    """Which entries are wanted; None is no restriction."""

    person: str | None = None
    """The slug of the person to whom something was done."""
    token: str | None = None
    """The name or the id of a token: what it did, and what was done to it."""
    since: datetime | None = None

    def fits(self, entry: AuditEntry) -> bool:
        """Return whether an entry is wanted."""
        return (
            self.person in (None, entry.subject.get("person"))
            and (self.token is None or _is_about(entry, self.token))
            and (self.since is None or entry.at >= self.since)
        )


def read_audit(home: Path, wanted: Wanted, most: int) -> list[AuditEntry]:
    """Return the newest `most` entries that are wanted, newest first; unreadable lines are passed over."""
    entries = heapq.merge(*map(_entries_in, audit_folders(home)), key=lambda entry: entry.at, reverse=True)
    return list(islice(filter(wanted.fits, entries), most))


def _is_about(entry: AuditEntry, token: str) -> bool:
    kind, _, token_id = entry.actor.id.partition(":")
    return (kind == "token" and token in {entry.actor.name, token_id}) or entry.subject.get("token") == token


def _entries_in(folder: Path) -> Iterator[AuditEntry]:
    for path in files_in(folder):
        # It may be renamed meanwhile.
        with suppress(FileNotFoundError):
            for line in reversed(read_regular(path).splitlines()):
                with suppress(ValidationError):
                    yield AuditEntry.model_validate_json(line)

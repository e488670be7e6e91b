"""Records what people did, and never somebody who is forgotten while that is being done."""

from contextlib import suppress
from pathlib import Path

from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.entry import DONE, AuditEntry
from familiar.shared.stores.forgettings import Forgettings


class Recorder:
    """Appends entries to the audit log.

    A forgetting masks the name in what was appended before. Whatever began before it and ends later is appended without
    its subject, under the lock that a forgetting waits for. So is what failed: a name that somebody tried is nobody's.
    """

    def __init__(self, log: AuditLog, home: Path) -> None:
        self._log = log
        self._forgettings = Forgettings(home)

    def begin(self) -> int | None:
        """Return what `end` has to know of the moment before, None if the disk does not tell."""
        try:
            return self._forgettings.count()
        except OSError:
            return None

    def end(self, begun: int | None, entry: AuditEntry) -> None:
        """Append the entry of something that began at `begun`."""
        if entry.subject and entry.outcome == DONE:
            with suppress(OSError), self._forgettings.sending():
                if self._forgettings.count() == begun:
                    self._log.append(entry)
                    return
        self._log.append(entry.model_copy(update={"subject": {}}))

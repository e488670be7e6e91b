"""Records in the audit log what commands do, with the user as whom they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from familiar.cli.console import err
from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.entry import DONE, Action, Actor, AuditEntry, Source, new_request_id
from familiar.shared.audit.recorder import Recorder
from familiar.shared.contract.errors import FamiliarError


@contextmanager
def audited(home: Path, action: Action, **subject: str) -> Iterator[dict[str, str]]:
    """Record what the `with` block does, at its end; what only the block knows of the subject, it adds."""
    recorder = Recorder(AuditLog(home, err.print), home)
    begun = recorder.begin()
    outcome = DONE
    try:
        yield subject
    except BaseException as error:
        outcome = _outcome_of(error)
        raise
    finally:
        entry = AuditEntry(
            at=datetime.now(UTC),
            source=Source.CLI,
            actor=Actor.of_process(),
            action=action,
            subject=subject,
            outcome=outcome,
            request_id=new_request_id(),
        )
        recorder.end(begun, entry)


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, FamiliarError):
        return error.code
    return "failed" if isinstance(error, Exception) else "interrupted"

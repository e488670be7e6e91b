"""Masking somebody's names in the audit log: what was done stays, to whom does not."""

from pathlib import Path

from pydantic import ValidationError

from familiar.shared.audit.audit_log import audit_folders, files_in, rotation_lock
from familiar.shared.audit.entry import AuditEntry
from familiar.shared.people.mentions import Mentions
from familiar.shared.people.overwrite import overwrite_lines


def mask_audit(home: Path, mentions: Mentions) -> int:
    """Overwrite somebody's names in all files of the audit log, and return the number of changed entries."""
    changed = 0
    for folder in audit_folders(home):
        # Otherwise a file might get another name before its turn.
        with rotation_lock(folder):
            changed += sum(overwrite_lines(path, lambda line: _masked(line, mentions)) for path in files_in(folder))
    return changed


def _masked(line: bytes, mentions: Mentions) -> bytes:
    """Mask what an entry says of people, and not the words that every entry has: somebody may be called Token."""
    try:
        entry = AuditEntry.model_validate_json(line)
    except ValidationError:
        return mentions.masked(line)
    actor = entry.actor.model_copy(update={"name": _mask(entry.actor.name, mentions)})
    subject = {what: _mask(value, mentions) for what, value in entry.subject.items()}
    masked = entry.model_copy(update={"actor": actor, "subject": subject})
    if masked == entry:
        return line
    text = line.rstrip(b"\n")
    written = masked.model_dump_json().encode()
    # An asterisk takes the place of one byte or, where JSON escapes a letter, of several: blanks fill the rest.
    replacement = written.ljust(len(text)) if len(written) <= len(text) else mentions.masked(text)
    return replacement + line[len(text) :]


def _mask(text: str, mentions: Mentions) -> str:
    return mentions.masked(text.encode()).decode()

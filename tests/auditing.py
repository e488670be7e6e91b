"""What the audit log of a home holds."""

from pathlib import Path

from familiar.shared.audit.audit_log import audit_folders, files_in
from familiar.shared.audit.entry import AuditEntry
from familiar.shared.audit.read_audit import Wanted, read_audit


def entries(home: Path) -> list[AuditEntry]:
    """Give all entries, oldest first."""
    return read_audit(home, Wanted(), 1_000_000)[::-1]


def acts(home: Path) -> list[tuple[str, dict[str, str], str]]:
    """Give of each entry what was done, to whom or what, and the outcome."""
    return [(str(entry.action), entry.subject, entry.outcome) for entry in entries(home)]


def raw(home: Path) -> bytes:
    """Give the bytes of all files."""
    return b"".join(path.read_bytes() for folder in audit_folders(home) for path in files_in(folder))

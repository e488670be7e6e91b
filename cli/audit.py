"""familiar audit: show who did what to whom and when."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from familiar.cli.console import err, out
from familiar.cli.durations import duration
from familiar.cli.settings import CliSettings
from familiar.shared.audit.entry import AuditEntry
from familiar.shared.audit.read_audit import Wanted, read_audit
from familiar.shared.contract.slugs import slug_of
from familiar.shared.runtime.service import load_settings


def audit(
    person: Annotated[str | None, typer.Option(help="Only what was done to this person, by name or slug.")] = None,
    token: Annotated[
        str | None, typer.Option(help="Only what this token did, or was done to it; by name or id.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only the last 90m, 12h, 30d or 8w.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many entries, the newest ones.")] = 50,
) -> None:
    """Show who did what to whom and when, the newest last."""
    wanted = Wanted(
        person=None if person is None else slug_of(person),
        token=token,
        since=None if since is None else datetime.now(UTC) - duration(since),
    )
    entries = read_audit(load_settings(CliSettings).home, wanted, most)
    if not entries:
        err.print("The audit log has no such entry.")
        return
    table = Table("when (UTC)", "who", "id", "where", "did", "to", "outcome", "request")
    for entry in reversed(entries):
        table.add_row(*_row(entry))
    out.print(table)


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.actor.name,
        entry.actor.id,
        f"{entry.source} {entry.address or ''}".strip(),
        entry.action,
        " ".join(f"{what}={value}" for what, value in entry.subject.items()),
        entry.outcome,
        entry.request_id,
    )

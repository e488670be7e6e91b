"""HTTP: the audit log, newest entries first."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from familiar.services.inference.http.responses import NO_STORE
from familiar.shared.audit.entry import AuditEntry
from familiar.shared.audit.read_audit import Wanted, read_audit
from familiar.shared.contract.slugs import SLUG_PATTERN


def audit_routes(home: Path) -> APIRouter:
    """Return the route that shows the audit log."""
    routes = APIRouter(prefix="/v1/audit", tags=["audit"])

    @routes.get("")
    def show_audit(
        response: Response,
        person: Annotated[str | None, Query(pattern=SLUG_PATTERN, description="to whom something was done")] = None,
        token: Annotated[str | None, Query(description="what this token did, or was done to it; name or id")] = None,
        since: Annotated[AwareDatetime | None, Query(description="none that are older")] = None,
        most: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> list[AuditEntry]:
        """List who did what to whom and when, newest first."""
        response.headers.update(NO_STORE)
        return read_audit(home, Wanted(person, token, since), most)

    return routes

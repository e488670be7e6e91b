"""The audit log's entries of capture: who opened a camera, and who was refused."""

from datetime import UTC, datetime

from familiar.shared.access.token_store import Token
from familiar.shared.audit.audit_log import AuditLog
from familiar.shared.audit.entry import DONE, Action, Actor, AuditEntry, Source, new_request_id
from familiar.shared.audit.repetitions import Repetitions
from familiar.shared.contract.slugs import is_slug

# Different ones in ten minutes, of those who have a token and of those who have none.
_MOST_OPENED, _MOST_REFUSED = 2_000, 100


class HandshakeRecord:
    """Records handshakes, repetitions once in ten minutes."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._opened = Repetitions(_MOST_OPENED)
        self._refused = Repetitions(_MOST_REFUSED)

    def opened(self, camera: str, token: Token, address: str) -> None:
        """Record that somebody opens a camera."""
        if is_slug(camera) and self._opened.is_first((token.id, address, camera)):
            self._append(token, address, {"camera": camera}, DONE)

    def refused(self, token: Token | None, address: str, code: str) -> None:
        """Record that somebody may not, for the reason with this code."""
        if self._refused.is_first((token.id if token else "", address, code)):
            self._append(token, address, {}, code)

    def _append(self, token: Token | None, address: str, subject: dict[str, str], outcome: str) -> None:
        entry = AuditEntry(
            at=datetime.now(UTC),
            source=Source.CAMERA,
            address=address,
            actor=Actor.of_token(token),
            action=Action.OPEN_CAMERA,
            subject=subject,
            outcome=outcome,
            request_id=new_request_id(),
        )
        self._log.append(entry)

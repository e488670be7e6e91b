"""Records in the audit log who asked for what, before the answer is sent."""

import json
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from familiar.services.inference.http.access.access_control import known_token
from familiar.services.inference.http.audit.actions import Request as Asked
from familiar.services.inference.http.audit.actions import request_of
from familiar.shared.access.guard import Guard, secrets_sent
from familiar.shared.audit.entry import DONE, REPEATED, Action, Actor, AuditEntry, Source, new_request_id
from familiar.shared.audit.recorder import Recorder
from familiar.shared.audit.repetitions import Repetitions
from familiar.shared.contract.errors import TooManyAttempts

_SUBJECT = "familiar.audit.subject"
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
# Different ones in ten minutes, of those who have a token and of those who have none.
_MOST_LOOKS, _MOST_REFUSALS = 2_000, 100


class RecordRequests:
    """ASGI middleware around the check of tokens: it sees refused requests, too, and whose token was taken."""

    def __init__(self, app: ASGIApp, recorder: Recorder, guard: Guard) -> None:
        self._app = app
        self._recorder = recorder
        self._guard = guard
        self._looks = Repetitions(_MOST_LOOKS)
        self._refusals = Repetitions(_MOST_REFUSALS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, and record it with the outcome."""
        asked = request_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        scope[_SUBJECT] = asked.subject
        answer = _Answer(self, scope, asked, send)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            # An unhandled exception is answered outside of every middleware.
            answer.record(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error")
            raise

    def begin(self, asked: Asked) -> int | None:
        """Return what the recorder has to know of the moment before a request."""
        return self._recorder.begin() if asked.recorded else None

    def record(self, begun: int | None, entry: AuditEntry, *, refused: bool) -> None:
        """Append an entry, unless it repeats another one."""
        who = (entry.actor.id, entry.address)
        if refused:
            # Whoever has no token may try as many paths as they like.
            is_first = self._refusals.is_first((who, entry.outcome, entry.actor.id and entry.action))
        elif entry.action in REPEATED:
            is_first = self._looks.is_first((who, entry.action, entry.outcome, *entry.subject.items()))
        else:
            is_first = True
        if is_first:
            self._recorder.end(begun, entry)

    def actor(self, scope: Scope) -> Actor:
        """Return who sent a request, also if it was refused."""
        headers = Headers(scope=scope)
        token = known_token(scope)
        if token is None:
            token = self._guard.holder(secrets_sent(headers.get("authorization"), headers.get("cookie")))
        return Actor.of_token(token)


class _Answer:
    """The answer to a request, which is recorded when its outcome is known, once."""

    def __init__(self, recording: RecordRequests, scope: Scope, asked: Asked, send: Send) -> None:
        self._recording = recording
        self._scope = scope
        self._asked = asked
        self._send = send
        self._request_id = new_request_id()
        self._begun = recording.begin(asked)
        self._failed: int | None = None
        self._recorded = False

    async def send(self, message: Message) -> None:
        """Send a message of the answer."""
        if message["type"] == "http.response.start":
            status = message["status"]
            if status < HTTPStatus.BAD_REQUEST:
                self.record(status, DONE)
            else:
                self._failed = status
            MutableHeaders(raw=message["headers"])["X-Request-Id"] = self._request_id
        elif self._failed is not None:
            self.record(self._failed, _code_in(message.get("body", b""), self._failed))
        await self._send(message)

    def record(self, status: int, outcome: str) -> None:
        """Record the outcome, unless that is done or nobody needs to know."""
        refused = status in _REFUSED or outcome == TooManyAttempts.code
        if self._recorded or not (self._asked.recorded or refused):
            return
        self._recorded = True
        scope = self._scope
        entry = AuditEntry(
            at=datetime.now(UTC),
            source=_source_of(scope, self._asked),
            address=scope["client"][0] if scope["client"] else None,
            actor=self._recording.actor(scope),
            action=self._asked.action or _template_of(scope),
            subject=self._asked.subject,
            outcome=outcome,
            request_id=self._request_id,
        )
        self._recording.record(self._begun, entry, refused=refused)


def add_subject(request: Request, **subject: str) -> None:
    """Tell the audit log to whom or what a request did something, where its path does not say that."""
    request.scope[_SUBJECT].update(subject)


def _source_of(scope: Scope, asked: Asked) -> Source:
    # The page sends its cookie, except where it gets it.
    by_header = "authorization" in Headers(scope=scope) and asked.action != Action.LOG_IN
    return Source.HTTP if by_header else Source.PAGE


def _template_of(scope: Scope) -> str:
    """Return the method and the path of a route that `ACTIONS` does not name; the path itself may name somebody."""
    return f"{scope['method']} {getattr(scope.get('route'), 'path', 'of no route')}"


def _code_in(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return str(status)

"""An entry of the audit log, and whoever it is about."""

import os
import pwd
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from familiar.shared.access.token_store import Token
from familiar.shared.contract.messages import Message, Time

DONE = "done"


class Source(StrEnum):
    """Where somebody acted."""

    PAGE = "page"
    HTTP = "http"
    CAMERA = "camera"
    """At capture, as a camera."""
    CLI = "cli"
    SERVICE = "service"
    """Familiar itself, as it completes what was cut short."""


class Action(StrEnum):
    """What somebody did, or tried to."""

    LOG_IN = "log-in"
    ENROL = "enrol"
    END_TRAIN = "end-train"
    CANCEL_ENROLMENT = "cancel-enrolment"
    RENAME = "rename"
    FORGET = "forget"
    CORRECT = "correct"
    SHOW_SAMPLES = "show-samples"
    DELETE_SAMPLE = "delete-sample"
    SHOW_KEPT_FACE = "show-kept-face"
    SHOW_STRANGERS = "show-strangers"
    ADD_STRANGERS = "add-strangers"
    DELETE_STRANGERS = "delete-strangers"
    WATCH = "watch"
    OPEN_CAMERA = "open-camera"
    TRAIN = "train"
    PIN_VERSION = "pin-version"
    UNPIN_VERSION = "unpin-version"
    SHOW_REPORT = "show-report"
    DOWNLOAD_MODEL = "download-model"
    EXPORT = "export"
    BACK_UP = "back-up"
    RESTORE = "restore"
    ENCRYPT = "encrypt"
    DECRYPT = "decrypt"
    ADD_TOKEN = "add-token"  # noqa: S105 - an action
    REVOKE_TOKEN = "revoke-token"  # noqa: S105 - an action
    SHOW_OWNER_TOKEN = "show-owner-token"  # noqa: S105 - an action
    SHOW_AUDIT = "show-audit"
    LOSE_ENTRIES = "lose-entries"
    """Entries could not be written before this one, as on a full disk."""


# What is repeated many times by one who looks at a person or a camera; see `Repetitions`.
REPEATED = frozenset(
    {
        Action.LOG_IN,
        Action.SHOW_SAMPLES,
        Action.SHOW_KEPT_FACE,
        Action.SHOW_STRANGERS,
        Action.WATCH,
        Action.OPEN_CAMERA,
        Action.SHOW_REPORT,
        Action.SHOW_AUDIT,
    }
)


class Actor(Message):
    """Who acted. The id stays where the name is masked, and tells tokens of the same name apart."""

    name: str
    id: str

    @classmethod
    def of_token(cls, token: Token | None) -> Self:
        """Return the holder of a token; of none, or of a wrong one, nobody."""
        return cls(name="nobody", id="") if token is None else cls(name=token.name, id=f"token:{token.id}")

    @classmethod
    def of_process(cls) -> Self:
        """Return the user as whom this process runs, whatever the environment says."""
        uid = os.getuid()
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = "?"
        return cls(name=name, id=f"uid:{uid}")


class AuditEntry(Message):
    """A line of the audit log. People stand in it by slug, in `subject` alone."""

    at: Time
    source: Source
    address: str | None = None
    """The address of the client, or of the proxy before Familiar."""
    actor: Actor
    action: str
    """An `Action`, or the method and path of a route that has none."""
    subject: dict[str, str] = Field(default_factory=dict)
    """Whom or what it was done to: `person`, `camera`, `version`, `source` (of strangers), `token`, `job`, `count`."""
    outcome: str
    """`done`, `interrupted`, or the code of the error."""
    request_id: str
    """That of the answer's header X-Request-Id, or the command's."""


def own_entry(action: Action, **subject: str) -> AuditEntry:
    """Return the entry of what Familiar itself has done, such as a forgetting that it completed."""
    return AuditEntry(
        at=datetime.now(UTC),
        source=Source.SERVICE,
        actor=Actor(name="familiar", id=""),
        action=action,
        subject=subject,
        outcome=DONE,
        request_id=new_request_id(),
    )


def new_request_id() -> str:
    """Return an id by which somebody who quotes it finds the entry."""
    return secrets.token_hex(8)

"""What a door is: where something comes in from outside, what is sent there, and what may come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psutil
from hypothesis import strategies as st

from familiar.shared.contract.errors import FamiliarError

_TRACEBACK = "Traceback (most recent call last)"


class Outcome(StrEnum):
    """What came of one input."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Fault(AssertionError):
    """A door did what none may: it gave no reason, stopped, went silent, or let something else suffer."""


class ServerError(Fault):
    """HTTP answered with 500 or the like."""


@dataclass(frozen=True)
class Door:
    """A door that is open, and how to use it.

    `send` takes one of `inputs`, returns what came of it, and raises whatever is a finding. Where an input is a list of
    `at_once` entries, it returns one outcome for each. `processes` are those behind the door, beside this one.
    """

    inputs: st.SearchStrategy[Any]
    send: Callable[[Any], Sequence[Outcome]]
    at_once: int = 1
    processes: Sequence[psutil.Process] = ()
    # Called before each round of some hundred inputs.
    prepare: Callable[[], object] = lambda: None
    # Called after each round: what is behind the door still works.
    look: Callable[[], object] = lambda: None


def outcome_of(work: Callable[[], object]) -> Outcome:
    """Do something with an input: it succeeds, or raises an error that Familiar names; all else is a finding."""
    try:
        work()
    except FamiliarError as error:
        require_named(error.code, error.detail)
        return Outcome.REFUSED
    return Outcome.ACCEPTED


def require_named(code: object, detail: object) -> None:
    """Require that an error has a code of its own, and a sentence without a traceback.

    Raises:
        Fault: it has not.
    """
    if not isinstance(code, str) or code in {"", FamiliarError.code, "internal-error"}:
        raise Fault(f"the error has no code of its own: {code!r}, {detail!r}")
    if not isinstance(detail, str) or not detail.strip():
        raise Fault(f"the error {code} has no sentence")
    require_no_traceback(detail)


def require_no_traceback(text: str) -> None:
    """Require that a text for people has no traceback in it.

    Raises:
        Fault: it has one.
    """
    if _TRACEBACK in text:
        raise Fault(f"a traceback is shown: {text}")

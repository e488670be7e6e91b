"""Every named error says what is wrong and what to do."""

import re

import pytest

from familiar.shared.contract import errors
from familiar.shared.contract.errors import FamiliarError, InvalidName, TrainingFailed

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FamiliarError)]
NAMED = [kind for kind in ERRORS if kind is not FamiliarError]
# How the sentences of this project tell somebody what to do.
INSTRUCTIONS = (
    "Make ",
    "Send ",
    "Choose ",
    "Wait ",
    "Enrol ",
    "Train ",
    "Delete ",
    "Put ",
    "Start ",
    "Install ",
    "Stop ",
    "Check ",
    "Set ",
    "Run ",
    "Open ",
    "Use ",
    "run `",
    "`familiar ",
    "FAMILIAR_CAMERAS sets",
    "its log",
    "log has",
    "report this",
    "/docs",
    "it needs",
    "A name has",
    "forgotten after",
)


def test_no_two_errors_have_the_same_code() -> None:
    """A program can tell them apart; each says its own, in small letters and hyphens."""
    codes = [kind.code for kind in ERRORS]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("kind", NAMED)
def test_every_error_says_what_to_do(kind: type[FamiliarError]) -> None:
    """A sentence that only complains helps nobody."""
    assert any(instruction in kind().detail for instruction in INSTRUCTIONS)


@pytest.mark.parametrize("kind", NAMED)
def test_every_error_has_a_docstring_of_its_own(kind: type[FamiliarError]) -> None:
    """An inherited one would speak of something else."""
    assert "__doc__" in vars(kind)
    assert vars(kind)["__doc__"]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_status_is_one_of_an_error(kind: type[FamiliarError]) -> None:
    """None of them reads as a success or a redirection."""
    assert 400 <= kind.status < 600


def test_a_message_that_is_given_takes_the_place_of_the_default() -> None:
    """The place that raises knows more."""
    error = InvalidName("The name is empty.")
    assert error.detail == str(error) == "The name is empty."


def test_a_failed_training_keeps_the_reason_of_the_trainer() -> None:
    """The code of the trainer's error, and its sentence."""
    error = TrainingFailed("Training needs two.", reason="too-few-people")
    assert (error.reason, error.detail) == ("too-few-people", "Training needs two.")
    assert TrainingFailed().reason == "failed"

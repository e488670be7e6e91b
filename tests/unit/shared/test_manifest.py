"""What a version says of itself: its figures in words, and what it says if it is from before there was more to say."""

import pytest

from familiar.shared.contract.findings import Findings
from familiar.shared.contract.manifest import Metrics, percent

UNTESTED = Metrics(test_samples=0, accuracy=None, recall=None, false_names=None, confusion=())
TESTED = {"test_samples": 36, "accuracy": 1, "recall": 0.97222, "false_names": 0.0278}


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({}, "not tested."),
        (TESTED, "97.2 % of 36 test samples got the right name, 2.7 % a wrong one."),
        ({"calibration_error": 0.0312}, "not tested; confidences are 3.1 % off on average."),
        (
            {**TESTED, "test_samples": 1, "strangers": 1, "strangers_named": 0.0, "calibration_error": 0.0},
            (
                "97.2 % of 1 test sample got the right name, 2.7 % a wrong one; of 1 stranger 0 % got a name; "
                "confidences are 0 % off on average."
            ),
        ),
    ],
)
def test_figures_are_said_in_a_sentence(figures: dict[str, float], words: str) -> None:
    """What was not measured is left out."""
    assert UNTESTED.model_copy(update=figures).in_words == words


@pytest.mark.parametrize(("share", "words"), [(1.0, "100 %"), (0.99999, "99.9 %"), (0.29, "29 %"), (0.001, "0.1 %")])
def test_what_is_not_all_is_never_written_as_all(share: float, words: str) -> None:
    """It is cut, not rounded."""
    assert percent(share) == words


def test_findings_from_before_there_was_more_to_say_are_read() -> None:
    """They have none of it."""
    person: dict[str, object] = {"slug": "zoe", "standing": "reliable", "steps": [], "collect": None}
    written = {"verdict": "Good.", "people": [person], "strangers_steps": [], "mistakes": [], "augmentation": "a.jpg"}
    findings = Findings.model_validate(written)
    assert (findings.strangers, findings.reliability, findings.people[0].answers) == ("", None, "")

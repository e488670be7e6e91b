"""The report in a sentence or two."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from familiar.services.trainer.report.findings import find_people, find_strangers
from familiar.services.trainer.report.verdict import verdict
from tests.report_builder import Answers, report_facts, with_odd_samples

UNKNOWN: Answers = {None: 100}


def good(name: str) -> Answers:
    """Give answers that are all right."""
    return {name: 100}


def verdict_of(answers: Mapping[str, Answers], strangers: Answers, learned: int = 400) -> str:
    """Give the verdict on what was answered."""
    facts = replace(report_facts(answers, strangers), stranger_faces={"fetched": learned})
    return verdict(find_people(facts), find_strangers(facts))


@pytest.mark.parametrize(
    ("answers", "strangers", "sentences"),
    [
        (
            {"Karan": good("Karan"), "Messi": {"Messi": 71, "Karan": 20, None: 9}},
            UNKNOWN,
            "Familiar recognises 1 of 2 people reliably. Messi is often missed: 71 of 100 pictures got the right name.",
        ),
        (
            {"Karan": good("Karan"), "Zoë": {"Zoë": 80, None: 20}, "Messi": {"Messi": 71, None: 29}},
            {"Karan": 12, None: 88},
            (
                "Familiar recognises 1 of 3 people reliably, and gave names to 12 of 100 strangers. Messi is often "
                "missed: 71 of 100 pictures got the right name; Zoë needs work, too."
            ),
        ),
        (
            {"Karan": good("Karan"), "Zoë": good("Zoë")},
            {"Karan": 1, None: 99},
            "Familiar recognises both people reliably. Strangers stay unknown: 1 of 100 got somebody's name.",
        ),
        (
            {"Karan": good("Karan")},
            {"Karan": 4, None: 96},
            "Familiar recognises Karan reliably. Now and then a stranger gets somebody's name: 4 of 100 did.",
        ),
        (
            {"Karan": good("Karan")},
            {"Karan": 40, None: 60},
            "Familiar recognises Karan reliably. But too many strangers get somebody's name: 40 of 100 did.",
        ),
        (
            {"Karan": good("Karan"), "Zoë": {"Zoë": 3}},
            UNKNOWN,
            "Familiar recognises 1 of 2 people reliably. Zoë has too few test pictures to tell.",
        ),
        (
            {"Karan": good("Karan")},
            {None: 3},
            (
                "Familiar recognises Karan reliably. How often strangers get a name cannot be told: too few were held "
                "back for a test."
            ),
        ),
    ],
)
def test_the_verdict_is_plain(answers: Mapping[str, Answers], strangers: Answers, sentences: str) -> None:
    """It names who is recognised badly, and strangers where something is amiss."""
    assert verdict_of(answers, strangers) == sentences


def test_without_any_test_nothing_is_claimed() -> None:
    """Nobody can tell, and that is said."""
    assert verdict_of({"Karan": {}, "Zoë": {}}, {}).startswith("Nobody has test pictures")


def test_samples_that_look_like_somebody_else_are_told_last() -> None:
    """Also where nobody was tested; whoever else has some is counted."""
    untested = with_odd_samples(report_facts({"Karan": {}, "Zoë": {}}))
    assert verdict(find_people(untested), find_strangers(untested)).endswith(
        "Collect some first. Among the samples of Karan some look like somebody else."
    )
    facts = with_odd_samples(report_facts({"Karan": good("Karan"), "Zoë": good("Zoë")}, UNKNOWN))
    assert facts.train_descriptors is not None
    facts.train_descriptors.descriptors[12:16] += 0.5
    assert verdict(find_people(facts), find_strangers(facts)).endswith(
        "0 of 100 got somebody's name. Among the samples of Karan and 1 more some look like somebody else."
    )


def test_without_strangers_the_verdict_says_so() -> None:
    """Whether or not somebody is recognised badly."""
    assert "taught no strangers" in verdict_of({"Karan": good("Karan")}, {}, learned=0)
    assert "taught no strangers" in verdict_of({"Karan": {"Karan": 50, None: 50}}, {}, learned=0)

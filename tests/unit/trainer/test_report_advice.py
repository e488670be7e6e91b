"""What to do next for each person, and for strangers."""

from dataclasses import replace

import numpy as np
import pytest

from familiar.services.trainer.report.advice import Advice, advise, advise_on_strangers, collect_next
from familiar.services.trainer.report.facts import ReportFacts
from familiar.services.trainer.report.findings import find_people, find_strangers
from tests.report_builder import Answers, report_facts, with_odd_samples, with_one_day

GOOD: Answers = {"Karan": 100}


def advice_for(name: str, facts: ReportFacts) -> Advice:
    """Give the advice for one person of a report."""
    people = find_people(facts)
    return advise(next(finding for finding in people if finding.person.name == name), people)


def only_step(name: str, facts: ReportFacts) -> str:
    """Give the one step that there is."""
    (step,) = advice_for(name, facts).steps
    return step


def test_who_is_recognised_reliably_needs_nothing() -> None:
    """Not even with few samples."""
    assert advice_for("Karan", report_facts({"Karan": GOOD}, learned=50)) == Advice(())


def test_without_test_samples_some_are_to_be_collected() -> None:
    """And none to learn from."""
    advice = advice_for("Karan", report_facts({"Karan": {}}))
    assert advice.steps == ("There are no test pictures, so nobody can tell. Collect 100.",)
    assert advice.command == "familiar enrol karan --camera CAMERA --train 0"


def test_a_handful_of_test_samples_is_too_few() -> None:
    """However they were answered."""
    assert "7 test pictures are too few to tell" in only_step("Karan", report_facts({"Karan": {"Karan": 7}}))


def test_who_was_learned_from_few_samples_is_to_be_enrolled_again() -> None:
    """Before anything else is tried."""
    facts = report_facts({"Karan": {"Karan": 50, None: 50}}, learned=50)
    assert "only 50 pictures. Collect 200" in only_step("Karan", facts)


def test_blurred_samples_are_noticed() -> None:
    """A picture without any edge is as blurred as can be."""
    facts = report_facts({"Karan": {"Karan": 50, None: 50}})
    assert "blurred" not in " ".join(advice_for("Karan", facts).steps)
    flat = replace(facts, test_images=np.full_like(facts.test_images, 128))
    assert "The pictures look blurred" in advice_for("Karan", flat).steps[0]


def test_two_who_are_mistaken_for_one_another_are_both_told() -> None:
    """Also the one who is recognised well enough."""
    facts = report_facts({"Messi": {"Messi": 70, "Neymar": 30}, "Neymar": {"Neymar": 93, "Messi": 7}})
    assert only_step("Messi", facts).startswith("Messi and Neymar are mistaken for one another. Enrol them in the same")
    assert only_step("Neymar", facts).startswith("Neymar and Messi are mistaken for one another.")


def test_who_is_taken_for_somebody_is_told_whom() -> None:
    """The other, who is never taken for anybody, has nothing to do."""
    facts = report_facts({"Messi": {"Messi": 70, "Neymar": 30}, "Neymar": {"Neymar": 100}})
    assert only_step("Messi", facts).startswith("Messi is taken for Neymar.")
    assert advice_for("Neymar", facts).steps == ()


def test_who_mostly_gets_no_name_is_to_be_seen_in_other_light() -> None:
    """And the command collects another session."""
    advice = advice_for("Karan", report_facts({"Karan": {"Karan": 70, None: 30}}))
    assert "got no name at all" in advice.steps[0]
    assert advice.command == "familiar enrol karan --camera CAMERA"


def test_who_was_enrolled_on_one_day_is_to_come_again() -> None:
    """Also who is recognised reliably: the test is of the same day. Who needs more is told that first of all, too."""
    day = "Enrol Karan again on another day, in other light: that is worth more than more samples of this one."
    advice = advice_for("Karan", with_one_day(report_facts({"Karan": GOOD})))
    assert advice == Advice((day,), "familiar enrol karan --camera CAMERA")
    few = advice_for("Karan", with_one_day(report_facts({"Karan": {"Karan": 50, None: 50}}, learned=50)))
    assert few.steps[0] == day
    assert "only 50 pictures" in few.steps[1]


def test_samples_that_look_like_somebody_else_come_first() -> None:
    """They spoil all that is learned, so nothing else is worth doing before; whoever is enrolled is named."""
    facts = report_facts({"Zoë": {"Zoë": 50, None: 50}, "Karan": GOOD}, learned=50)
    advice = advice_for("Zoë", with_odd_samples(facts, like=1))
    assert advice.steps[0].startswith("4 of 12 samples of Zoë look like Karan. Look through all of them on the page")
    assert "only 50 pictures" in advice.steps[1]
    assert advice_for("Karan", with_odd_samples(facts, like=1)).steps == ()


def test_of_who_has_odd_samples_only_these_are_a_step() -> None:
    """Somebody reliable needs no other enrolment for it, so there is no command."""
    advice = advice_for("Karan", with_odd_samples(report_facts({"Karan": GOOD})))
    assert advice.command is None
    assert [step.split(".")[0] for step in advice.steps] == [
        "4 of 12 samples of Karan look like somebody else than the other 8"
    ]


def test_scattered_mistakes_ask_for_more_samples() -> None:
    """Nobody in particular, and not mostly unknown: something is to be done all the same."""
    others = [f"Person {number}" for number in range(8)]
    wrong: Answers = dict.fromkeys(others, 4)
    facts = report_facts({"Karan": {"Karan": 68, **wrong}, **{name: {} for name in others}})
    assert only_step("Karan", facts).startswith("Collect 100 more pictures")


@pytest.mark.parametrize(
    ("answers", "learned", "words"),
    [
        ({"Karan": 100}, 200, None),
        ({"Karan": 40}, 80, "120 more to learn from and 60 more to test with"),
        ({"Karan": 50, None: 50}, 200, "100 more to learn from, unlike those there are"),
    ],
)
def test_what_is_missing_is_counted(answers: Answers, learned: int, words: str | None) -> None:
    """To the usual number, and beyond it for who is recognised badly."""
    (finding,) = find_people(report_facts({"Karan": answers}, learned=learned))
    assert collect_next(finding) == words


def test_without_strangers_the_way_to_one_is_told() -> None:
    """Both ways."""
    facts = replace(report_facts({"Karan": GOOD}, strangers={None: 50}), stranger_faces={})
    (step,) = advise_on_strangers(find_strangers(facts))
    assert "`familiar strangers fetch`" in step
    assert "on the page" in step


def test_strangers_who_stay_unknown_need_nothing() -> None:
    """One of a hundred is good."""
    assert advise_on_strangers(find_strangers(report_facts({"Karan": GOOD}, strangers={"Karan": 1, None: 99}))) == ()


def test_strangers_with_names_ask_for_more_strangers_and_name_the_person() -> None:
    """Whose name they got most."""
    facts = report_facts({"Zoë": {}, "Karan": GOOD}, strangers={"Karan": 8, "Zoë": 2, None: 90})
    more, better = advise_on_strangers(find_strangers(facts))
    assert "Add strangers" in more
    assert "Collect more samples of Karan" in better


def test_too_few_strangers_ask_for_more_of_them() -> None:
    """Three tell nothing."""
    (step,) = advise_on_strangers(find_strangers(report_facts({"Karan": GOOD}, strangers={None: 3})))
    assert "held back for a test" in step

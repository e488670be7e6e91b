"""The gate: what is worse, what chance explains, and what is said of it."""

import numpy as np
import pytest

from familiar.services.trainer.judge.gate import Answers, Names, judge, names_given, without_served
from familiar.shared.contract.manifest import Gate

NOBODY = np.array([], np.str_)
TRUTH = np.array(["karan"] * 100 + ["zoe"] * 100)
ALL_RIGHT = Answers(TRUTH, NOBODY)


def failing(count: int, name: str) -> Answers:
    """Give right answers but for the first `count` samples, which are Karan's and get this name."""
    samples = TRUTH.copy()
    samples[:count] = name
    return Answers(samples, NOBODY)


def strangers(named: int, of: int) -> Answers:
    """Give right answers to the samples, and a name to some of the strangers."""
    return Answers(TRUTH, np.array(["zoe"] * named + [""] * (of - named)))


def compared(candidate: Answers, served: Answers, *, truth: Names = TRUTH, force: bool = False) -> Gate:
    """Judge against version 3."""
    return judge(truth, candidate, served, 3, force=force)


def test_a_face_gets_the_likeliest_persons_name_from_the_threshold_on() -> None:
    """At the threshold is enough; an output that is no person's is nobody."""
    probabilities = np.array([[0.7, 0.3, 0], [0.4, 0.6, 0], [0.5, 0.45, 0.05], [0.1, 0.1, 0.8]], np.float32)
    assert names_given(probabilities, ("karan", "zoe"), 0.6).tolist() == ["karan", "zoe", "", ""]


def test_without_faces_there_are_no_names() -> None:
    """As for the strangers, where there are none."""
    assert names_given(np.empty((0, 2), np.float32), ("karan", "zoe"), 0.6).tolist() == []


def test_the_same_answers_are_accepted_without_a_word() -> None:
    """Not worse is enough; better is not asked for."""
    gate = compared(ALL_RIGHT, ALL_RIGHT)
    assert (gate.accepted, gate.reason, gate.compared_with, gate.forced) == (True, None, 3, False)
    assert gate.candidate == gate.served
    assert gate.served is not None
    assert (gate.served.samples, gate.served.recall, gate.served.false_names) == (200, 1, 0)
    assert (gate.served.strangers, gate.served.strangers_named) == (0, None)


def test_better_answers_are_accepted() -> None:
    """However bad the served ones were."""
    assert compared(ALL_RIGHT, failing(90, "zoe")).accepted


def test_fewer_right_names_are_refused_with_the_figures_of_both() -> None:
    """Here those that were lost are unknown, and no name is wrong."""
    gate = compared(failing(98, ""), failing(2, ""))
    assert not gate.accepted
    assert gate.reason == (
        "On the 200 test samples of the 2 people that both know, version 3 gives the right name to 99.0% and a wrong "
        "one to 0.0%, this one to 51.0% and 0.0%."
    )
    assert gate.candidate is not None
    assert (gate.candidate.recall, gate.candidate.false_names) == (0.51, 0)


def test_more_wrong_names_are_refused_even_if_no_right_name_is_lost() -> None:
    """Who was unknown gets another's name."""
    gate = compared(failing(20, "zoe"), failing(20, ""))
    assert not gate.accepted
    assert "a wrong one to 0.0%, this one to 90.0% and 10.0%" in str(gate.reason)


@pytest.mark.parametrize(("lost", "accepted"), [(0, True), (2, True), (3, False)])
def test_a_handful_of_samples_can_tell_no_better_than_by_two(lost: int, accepted: bool) -> None:  # noqa: FBT001 - a fact
    """Two answers that turned bad may be chance; three, and none that turned good, are not."""
    assert compared(failing(lost, ""), ALL_RIGHT).accepted is accepted


@pytest.mark.parametrize(("lost", "accepted"), [(20, True), (21, False)])
def test_of_many_samples_one_percent_is_let_go(lost: int, accepted: bool) -> None:  # noqa: FBT001 - a fact
    """Of 2,000, that is 20: too few for anybody to notice, though not chance."""
    truth = np.repeat(TRUTH, 10)
    samples = truth.copy()
    samples[:lost] = ""
    gate = compared(Answers(samples, NOBODY), Answers(truth, NOBODY), truth=truth)
    assert gate.accepted is accepted


def test_answers_that_turned_bad_and_good_alike_are_chance() -> None:
    """Twelve turned bad and eight good: so do two trainings that differ in nothing but the seed."""
    candidate, served = TRUTH.copy(), TRUTH.copy()
    candidate[:12] = ""
    served[100:108] = ""
    assert compared(Answers(candidate, NOBODY), Answers(served, NOBODY)).accepted


def test_strangers_who_get_a_name_are_a_reason_of_their_own() -> None:
    """The test samples are answered without a fault."""
    gate = compared(strangers(30, of=100), strangers(1, of=100))
    assert not gate.accepted
    assert gate.reason == (
        "Of 100 strangers from whom this one did not learn, version 3 gives a name to 1.0%, this one to 30.0%."
    )


def test_three_percent_of_the_strangers_are_let_go() -> None:
    """The served version may have learned from them, and the candidate did not."""
    assert compared(strangers(30, of=1000), strangers(0, of=1000)).accepted
    assert not compared(strangers(31, of=1000), strangers(0, of=1000)).accepted


def test_with_force_a_worse_version_is_accepted_and_says_that_it_is_worse() -> None:
    """The figures and the reason stay."""
    gate = compared(failing(98, "zoe"), ALL_RIGHT, force=True)
    assert (gate.accepted, gate.forced) == (True, True)
    assert "51.0%" in str(gate.reason)


def test_force_leaves_no_mark_on_a_version_that_did_not_need_it() -> None:
    """It would have been published anyway."""
    assert not compared(ALL_RIGHT, ALL_RIGHT, force=True).forced


def test_without_anything_to_compare_a_version_is_accepted_and_says_so() -> None:
    """Nobody that both know has test samples."""
    gate = compared(Answers(NOBODY, NOBODY), Answers(NOBODY, NOBODY), truth=NOBODY)
    assert gate.accepted
    assert gate.reason == "There are no test samples of people that version 3 knows, too."


def test_being_worse_than_a_version_that_was_deleted_meanwhile_is_no_fault() -> None:
    """Somebody was forgotten: then a worse version is better than none."""
    refused = compared(failing(98, "zoe"), ALL_RIGHT)
    accepted = without_served(refused, None)
    assert accepted.accepted
    assert "version 3 was deleted before" in str(accepted.reason)
    assert without_served(refused, 3) == refused

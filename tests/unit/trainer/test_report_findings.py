"""What the answers of a training mean for each person."""

from dataclasses import replace

import numpy as np
import pytest

from familiar.services.trainer.report.findings import (
    Standing,
    confusion,
    find_mistakes,
    find_people,
    find_strangers,
)
from familiar.services.trainer.report.wording import mistake_in_words
from tests.report_builder import THRESHOLD, report_facts

FACTS = report_facts(
    {
        "Karan": {"Karan": 98, "Messi": 1, None: 1},
        "Zoë": {"Zoë": 3},
        "Arjun": {},
        "Messi": {"Messi": 71, "Karan": 20, None: 9},
        "Mbappé": {"Mbappé": 80, None: 20},
    },
    strangers={"Karan": 3, "Zoë": 1, None: 46},
)


def test_who_needs_work_most_comes_first() -> None:
    """The badly recognised by recall, then those of whom nothing can be said, then the others."""
    people = find_people(FACTS)
    assert [finding.person.name for finding in people] == ["Messi", "Mbappé", "Arjun", "Zoë", "Karan"]
    assert [finding.standing for finding in people] == [
        Standing.OFTEN_MISSED,
        Standing.SOMETIMES_MISSED,
        Standing.UNCERTAIN,
        Standing.UNCERTAIN,
        Standing.RELIABLE,
    ]


def test_a_persons_answers_are_counted() -> None:
    """Right, wrong and unknown add up to what was tested."""
    messi = find_people(FACTS)[0]
    assert (messi.tested, messi.right, messi.wrong, messi.unknown) == (100, 71, 20, 9)
    assert [(other.name, count) for other, count in messi.taken_for] == [("Karan", 20)]
    assert messi.recall == pytest.approx(0.71)


def test_a_slip_is_no_confusion() -> None:
    """One picture of a hundred is not worth a word, twenty are."""
    people = {finding.person.name: finding for finding in find_people(FACTS)}
    assert people["Karan"].confused_with == ()
    assert [other.name for other in people["Messi"].confused_with] == ["Karan"]


def test_a_name_begins_at_the_threshold() -> None:
    """A confidence of exactly the threshold is a name, as in inference."""
    at, below = THRESHOLD, np.nextafter(np.float32(THRESHOLD), np.float32(0))
    probabilities = np.array([[at], [below]], np.float32)
    facts = replace(report_facts({"Karan": {"Karan": 2}}), threshold=float(np.float32(THRESHOLD)))
    (karan,) = find_people(replace(facts, test_probabilities=probabilities))
    assert (karan.right, karan.unknown) == (1, 1)


def test_strangers_are_counted_with_the_names_they_got() -> None:
    """Whose name strangers got most comes first; those that were held out were not learned from."""
    strangers = find_strangers(FACTS)
    assert (strangers.learned, strangers.tested, strangers.named) == (350, 50, 4)
    assert [(person.name, count) for person, count in strangers.names] == [("Karan", 3), ("Zoë", 1)]


def test_few_strangers_tell_nothing() -> None:
    """One of three is no third of all."""
    assert find_strangers(report_facts({"Karan": {}}, strangers={"Karan": 1, None: 2})).named_share is None


def test_the_worst_mistakes_are_wrong_names() -> None:
    """Of one kind there are a few only; faces without a name come last, and right answers never."""
    mistakes = find_mistakes(FACTS, most=12)
    kinds = [(m.person and m.person.name, m.taken_for and m.taken_for.name) for m in mistakes]
    assert kinds.count(("Messi", "Karan")) == 3
    assert (None, "Karan") in kinds
    assert all(taken_for is None for _, taken_for in kinds[-4:])
    assert len(find_mistakes(FACTS, most=2)) == 2


def test_the_confusion_has_a_row_for_strangers_and_a_column_for_unknown() -> None:
    """Every tested picture is in it once."""
    counts = confusion(FACTS)
    assert counts.shape == (6, 6)
    assert counts.sum() == len(FACTS.test_labels) + len(FACTS.stranger_images)
    assert counts[3].tolist() == [20, 0, 0, 71, 0, 9]
    assert counts[5].tolist() == [3, 1, 0, 0, 0, 46]


def test_a_face_without_a_name_is_never_called_certain() -> None:
    """However near to 1 the threshold and its confidence are."""
    facts = replace(report_facts({"Karan": {"Karan": 1}}), threshold=0.9995)
    (mistake,) = find_mistakes(replace(facts, test_probabilities=np.array([[0.999]], np.float32)), most=1)
    assert mistake_in_words(mistake) == "This is Karan, who got no name: the surest guess was only 0.99."


def test_nothing_to_test_with_is_no_error() -> None:
    """Neither test samples nor strangers: nobody has a recall."""
    facts = report_facts({"Karan": {}, "Zoë": {}})
    assert [finding.recall for finding in find_people(facts)] == [None, None]
    assert find_mistakes(facts, most=12) == ()
    assert confusion(facts).sum() == 0

"""Who is taught with what in the recognition benchmark, and who is left out."""

import numpy as np
import pytest

from benchmarks.recognition.experiment import Experiment, Fold, Person, leave_out, limit_enrolled, limit_samples
from benchmarks.recognition.session_experiments import session_experiments
from familiar.shared.contract.errors import TooFewPeople


def person(name: str, *sessions: int) -> Person:
    """Give somebody with sessions of so many faces; the last tests."""
    places = np.split(np.arange(sum(sessions)), np.cumsum(sessions)[:-1])
    return Person(name, tuple(places[:-1]), tuple(places[-1:]))


def names(people: tuple[Person, ...]) -> list[str]:
    """Name people in order."""
    return [each.name for each in people]


def groups(experiment: Experiment) -> list[tuple[list[str], list[str]]]:
    """Name who is taught, and who is a stranger, in each fold."""
    return [(names(fold.enrolled), names(fold.strangers)) for fold in experiment.folds]


FIVE = tuple(person(name, 4, 2) for name in "abcde")


def test_every_group_is_left_out_once() -> None:
    """The n-th group has every fourth person from the n-th on."""
    assert groups(Experiment("", FIVE, leave_out(FIVE, FIVE, 4))) == [
        (["b", "c", "d"], ["a", "e"]),
        (["a", "c", "d", "e"], ["b"]),
        (["a", "b", "d", "e"], ["c"]),
        (["a", "b", "c", "e"], ["d"]),
    ]


def test_there_are_no_more_groups_than_people() -> None:
    """A fold without strangers would tell nothing."""
    assert len(leave_out(FIVE[:3], FIVE[:3], 4)) == 3


def test_samples_are_spread_evenly_over_the_sessions() -> None:
    """Of twelve faces the first, the last and those between; a session of which none is kept is away."""
    limited = limit_enrolled(person("a", 5, 1, 6, 3), 3)

    assert [own.tolist() for own in limited.enrolled] == [[0], [6, 11]]
    assert [own.tolist() for own in limited.tested] == [[12, 13, 14]]


def test_whoever_has_no_more_samples_keeps_all() -> None:
    """In as many sessions as they are."""
    few = person("a", 2, 2, 1)

    assert limit_enrolled(few, 4) is few


def test_strangers_are_not_limited() -> None:
    """They are asked for with all of their faces."""
    experiment = limit_samples(Experiment("", FIVE[:2], (Fold(FIVE[:1], FIVE[1:2]),)), 2)

    (fold,) = experiment.folds
    assert [len(own) for own in fold.enrolled[0].enrolled] == [2]
    assert [len(own) for own in experiment.people[0].enrolled] == [2]
    assert [len(own) for own in fold.strangers[0].enrolled] == [4]


def test_strangers_before_the_same_camera_make_one_fold_that_teaches_everybody() -> None:
    """Nobody has to be left out."""
    (experiment,) = session_experiments(FIVE[:2], FIVE[2:], None)

    assert groups(experiment) == [(["a", "b"], ["c", "d", "e"])]
    assert not experiment.leaves_out


def test_without_such_strangers_people_are_left_out_in_groups() -> None:
    """Of five, the first and the fifth together."""
    (experiment,) = session_experiments(FIVE, (), None)

    assert groups(experiment)[0] == (["b", "c", "d"], ["a", "e"])
    assert experiment.leaves_out


def test_the_first_session_alone_is_another_experiment_where_it_is_not_all() -> None:
    """Strangers keep all sessions; whoever has too few faces in their first is not taught, and is a stranger still."""
    people = (person("a", 3, 4, 2), person("b", 3, 2), person("c", 3, 2), person("d", 1, 5, 2))

    earlier, first = session_experiments(people, (), 2)

    assert names(earlier.people) == ["a", "b", "c", "d"]
    assert [own.tolist() for own in earlier.people[0].enrolled] == [[0], [6]]
    assert names(first.people) == ["a", "b", "c"]
    assert [own.tolist() for own in first.people[0].enrolled] == [[0, 2]]
    assert [own.tolist() for own in first.people[0].tested] == [[7, 8]]
    assert groups(first)[0] == (["b", "c"], ["a"])
    assert groups(first)[3] == (["a", "b", "c"], ["d"])
    assert [len(own) for own in first.folds[0].strangers[0].enrolled] == [3, 4]


def test_first_sessions_of_too_few_faces_make_no_experiment() -> None:
    """As where every picture is a session of its own."""
    (experiment,) = session_experiments([person(name, 1, 1, 1) for name in "abcd"], (), None)

    assert experiment.title == "earlier_sessions"


def test_two_people_alone_are_too_few() -> None:
    """While one is left out, the other is nobody to be told from."""
    with pytest.raises(TooFewPeople, match="Add further people"):
        session_experiments(FIVE[:2], (), None)

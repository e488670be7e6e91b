"""The folds: who is left out where, what is held back, and what each network learns from."""

from collections.abc import Sequence

import numpy as np
import pytest

from familiar.services.trainer.data.folds import FOLDS, Folds, fold
from familiar.services.trainer.data.split_samples import Sessions, TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers

GREY = np.full((160, 160, 3), 128, np.uint8)
STRANGERS = 12

people_and_strangers = pytest.mark.parametrize(
    ("people", "strangers"),
    [
        (1, STRANGERS),
        (2, 0),
        (2, STRANGERS),
        (3, 0),
        (3, STRANGERS),
        (6, 0),
        (6, STRANGERS),
        (12, STRANGERS),
        (1, 1),
        (6, 1),
    ],
)


def samples_of(sessions: Sequence[Sequence[int]], strangers: int = 0) -> TrainingSamples:
    """Give samples of people whose sessions have these numbers, and strangers."""
    train = {f"p{place:02}": numbers for place, numbers in enumerate(sessions)}
    return split_by_time(
        {slug: [GREY] * len(numbers) for slug, numbers in train.items()},
        {},
        split_strangers([], [GREY] * strangers),
        Sessions(train, {}, dict.fromkeys(train, 1)),
    )


def once_each(people: int, strangers: int) -> TrainingSamples:
    """Give samples of people who were enrolled once, with more or fewer samples."""
    return samples_of([[0] * (11 + person) for person in range(people)], strangers)


def own(folds: Folds, samples: TrainingSamples, label: int) -> Folds:
    """Give the rows of one person's samples alone."""
    rows = np.flatnonzero(samples.train_labels == label)
    return Folds(folds.left_out[rows], folds.held_back[rows], folds.absent)


@people_and_strangers
def test_everybody_is_left_out_of_one_fold_where_enough_others_remain(people: int, strangers: int) -> None:
    """With all of their samples: two others, strangers among them, or the network would know only one class."""
    samples = once_each(people, strangers)
    folds = fold(samples)

    for label in range(people):
        left_out = own(folds, samples, label).left_out
        assert (left_out == left_out[0]).all()
        together = len(range(label % FOLDS, people, FOLDS))
        enough = people - together >= 1 and people - together + (strangers > 0) >= 2
        assert left_out[0].sum() == enough
        np.testing.assert_array_equal(folds.absent[:, label], left_out[0])


@people_and_strangers
def test_a_networks_classes_are_those_of_which_it_learns_something(people: int, strangers: int) -> None:
    """Who is left out is absent, and nobody else is; every network has two classes or more."""
    samples = once_each(people, strangers)
    folds = fold(samples)
    labels = np.concatenate([samples.train_labels, np.full(strangers, people)])

    for number in range(FOLDS):
        learned = set(labels[folds.learned[:, 1 + number]].tolist())
        assert learned == set(np.unique(labels)[~folds.absent[number][np.unique(labels)]].tolist())
        assert len(learned) >= 2


@people_and_strangers
def test_a_network_learns_from_all_but_what_is_left_out_and_held_back(people: int, strangers: int) -> None:
    """The one that is served, the first, from everything; nothing is left out and held back at once."""
    samples = once_each(people, strangers)
    folds = fold(samples)

    assert folds.learned.shape == (len(samples.train_labels) + strangers, 1 + FOLDS)
    assert folds.learned[:, 0].all()
    np.testing.assert_array_equal(folds.learned[:, 1:], ~folds.left_out & ~folds.held_back)
    assert not (folds.left_out & folds.held_back).any()


@people_and_strangers
def test_every_stranger_is_held_back_once_and_never_left_out(people: int, strangers: int) -> None:
    """As many in one fold as in another, give or take one; the only stranger is always learned from."""
    samples = once_each(people, strangers)
    folds = fold(samples)
    held_back = folds.held_back[len(samples.train_labels) :]

    assert held_back.sum(axis=1).tolist() == [int(strangers > 1)] * strangers
    assert np.ptp(held_back.sum(axis=0)) <= 1
    assert not folds.left_out[len(samples.train_labels) :].any()
    assert not folds.absent[:, people].any()


def test_of_one_session_a_stretch_of_time_is_held_back() -> None:
    """What follows each other stays together, so that no moment is asked about and learned from but at the ends."""
    samples = samples_of([[0] * 20], STRANGERS)
    folds = fold(samples)

    held_back = folds.held_back[:20]

    assert held_back.sum(axis=1).tolist() == [1] * 20
    for places in filter(len, (np.flatnonzero(column) for column in held_back.T)):
        assert places.tolist() == list(range(places[0], places[0] + 5))


@pytest.mark.parametrize("corrections", [1, 2, 10])
def test_a_few_corrections_do_not_make_a_session_that_all_others_are_judged_by(corrections: int) -> None:
    """Without the session that has nearly all samples a network would hardly know the person."""
    samples = samples_of([[0] * 40 + [1] * corrections, [0] * 10], STRANGERS)
    own = fold(samples).held_back[: 40 + corrections]

    assert own.any(axis=1).all()
    assert own.sum(axis=0).max() <= -(-(40 + corrections) // 4)


def test_of_several_sessions_whole_ones_are_held_back() -> None:
    """Each in a fold of its own, as far as there are folds, and not in that where the person is left out."""
    sessions = [0] * 7 + [1] * 3 + [2] * 5
    samples = samples_of([sessions, [0] * 10, [0] * 10])
    folds = fold(samples)
    held_back, left_out = folds.held_back[:15], folds.left_out[:15]

    rows = {number: held_back[np.array(sessions) == number] for number in range(3)}
    for own_rows in rows.values():
        assert (own_rows == own_rows[0]).all()
        assert own_rows[0].sum() == 1
    assert np.sum([own_rows[0] for own_rows in rows.values()], axis=0).max() == 1
    assert not (held_back.any(axis=0) & left_out.any(axis=0)).any()


def test_sessions_that_took_turns_are_held_back_whole() -> None:
    """Their numbers count, not the order of the samples; they need not begin at 0."""
    samples = samples_of([[3, 4, 3, 4, 4, 3], [0] * 6, [0] * 6])
    held_back = fold(samples).held_back[:6]

    assert (held_back[[0, 2, 5]] == held_back[0]).all()
    assert (held_back[[1, 3, 4]] == held_back[1]).all()
    assert (held_back[0] != held_back[1]).any()


@pytest.mark.parametrize("sessions", [[0] * 2, [0] * 3, [0] * 50, [0, 1], [0] * 9 + [1], [0, 1, 2, 3, 4, 5, 6, 7]])
@pytest.mark.parametrize("place", range(6))
def test_nobodys_samples_are_all_held_back_at_once(sessions: list[int], place: int) -> None:
    """A network learns something of everybody whom it knows, and everybody is asked about in some fold."""
    numbers = [[0] * 10] * 6
    samples = samples_of([*numbers[:place], sessions, *numbers[place + 1 :]])
    folds = own(fold(samples), samples, place)

    assert not folds.held_back.all(axis=0).any()
    assert folds.held_back.any()
    assert folds.held_back.sum(axis=1).max() == 1

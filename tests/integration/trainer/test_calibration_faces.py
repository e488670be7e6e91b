"""By whom a version is calibrated: nobody is asked about by a network that learned from them."""

from collections.abc import Sequence

import numpy as np
import pytest

from familiar.services.trainer.data.folds import FOLDS, Folds, fold
from familiar.services.trainer.data.split_samples import Sessions, TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.services.trainer.judge.calibration_faces import (
    FEW_STRANGERS,
    NO_STRANGERS,
    NOBODY_LEFT_OUT,
    ONE_DAY,
    _ask,
    _those,
    calibrate_network,
)
from familiar.services.trainer.network.examples import Examples
from familiar.services.trainer.network.fit import Fitted
from familiar.services.trainer.network.head_input import Embedding
from familiar.shared.contract.messages import TrainingOptions

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

GREY = np.full((160, 160, 3), 128, np.uint8)
LEARNED = 100.0
# As many strangers as tell whether one in twenty gets a name.
ENOUGH = 20


def samples_of(people: int, strangers: int, sessions: Sequence[int] = (0,) * 10) -> TrainingSamples:
    """Give samples of people with these sessions, each on a day of its own, and strangers."""
    train = {f"p{person}": sessions for person in range(people)}
    return split_by_time(
        {slug: [GREY] * len(sessions) for slug in train},
        {},
        split_strangers([], [GREY] * strangers),
        Sessions(train, {}, {slug: len(set(own)) for slug, own in train.items()}),
    )


def fitted_to(samples: TrainingSamples, folds: Folds) -> Fitted:
    """Give networks whose logits are `LEARNED` for what they learned from, and 1 for anything else.

    Every sample and every stranger is an input of their own, and each network tells rightly whose it is.
    """
    count, people = len(folds.held_back), len(samples.people)
    labels = np.concatenate([samples.train_labels, np.full(count - len(samples.train_labels), people)])
    own = np.eye(people + 1)[labels][:, np.newaxis]
    kernel = np.where(folds.learned[..., np.newaxis], LEARNED * own, own).astype(np.float32)
    examples = Examples(np.eye(count, dtype=np.float32), labels, np.ones(count, np.float32), np.arange(count))
    of_people = np.arange(len(samples.train_labels))
    nothing = np.empty(0, np.float32)
    return Fitted(
        Embedding(nothing, nothing, nothing),
        kernel,
        np.zeros((1 + FOLDS, people + 1), np.float32),
        (),
        0,
        examples,
        Examples(examples.features[of_people], labels[of_people], examples.weights[of_people], of_people),
        np.empty((len(of_people), 0), np.float32),
    )


@pytest.mark.parametrize(("people", "strangers"), [(1, 12), (2, 0), (3, 12), (7, 12)])
def test_nobody_is_asked_about_by_a_network_that_learned_from_them(people: int, strangers: int) -> None:
    """Neither about what it holds back, nor about whom it leaves out; each of these is asked about once a fold."""
    samples = samples_of(people, strangers)
    folds = fold(samples)
    fitted = fitted_to(samples, folds)

    for asked in (folds.held_back, folds.left_out):
        answers = _ask(fitted, fitted.as_taken, asked)

        assert len(answers.labels) == asked.sum()
        assert np.abs(answers.logits).max(initial=0) <= 1
        assert sum(answers.tracks) == len(answers.labels)
        np.testing.assert_array_equal(answers.logits.argmax(axis=1), answers.labels)


def test_faces_of_a_person_that_follow_each_other_are_a_track_and_strangers_are_not() -> None:
    """A stretch of ten samples in each fold; every stranger is somebody else."""
    samples = samples_of(2, 10, (0,) * 40)
    folds = fold(samples)
    fitted = fitted_to(samples, folds)
    taken = fitted.as_taken
    own = taken.labels < 2

    of_people = _ask(fitted, _those(taken, own), folds.held_back)
    of_strangers = _ask(fitted, _those(taken, ~own), folds.held_back)

    assert set(of_people.tracks) == {10}
    assert of_strangers.tracks == [1] * 10


@pytest.mark.parametrize(
    ("people", "strangers", "sessions", "notes"),
    [
        (3, ENOUGH, (0, 0, 0, 1, 1, 1), ()),
        (3, ENOUGH, (0,) * 6, (ONE_DAY,)),
        (3, ENOUGH - 1, (0, 0, 0, 1, 1, 1), (FEW_STRANGERS.format(count=ENOUGH - 1, needed=ENOUGH, share=5),)),
        (3, 0, (0, 0, 0, 1, 1, 1), (NO_STRANGERS,)),
        (1, ENOUGH, (0, 0, 0, 1, 1, 1), (NOBODY_LEFT_OUT,)),
        (2, 0, (0,) * 6, (NO_STRANGERS, NOBODY_LEFT_OUT, ONE_DAY)),
        (1, 1, (0,) * 6, (NO_STRANGERS, NOBODY_LEFT_OUT, ONE_DAY)),
    ],
)
def test_what_could_not_be_estimated_is_said(
    people: int, strangers: int, sessions: Sequence[int], notes: Sequence[str]
) -> None:
    """One sentence for each thing; whoever has everything hears nothing."""
    samples = samples_of(people, strangers, sessions)
    folds = fold(samples)

    options = TrainingOptions(false_names=1 / ENOUGH)
    calibration = calibrate_network(fitted_to(samples, folds), samples, folds, options)

    assert calibration.notes == tuple(notes)

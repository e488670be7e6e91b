"""Calibration: at even odds few strangers have a name, and known faces keep theirs."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from familiar.services.trainer.judge.calibrate import (
    LEAST_TRACK_THRESHOLD,
    THRESHOLD,
    TRACK_FACES,
    Asked,
    Calibration,
    calibrate,
)
from familiar.shared.contract.messages import TrainingOptions

PEOPLE, FACES = 3, 100
FALSE_NAMES = TrainingOptions().false_names

Logits = NDArray[np.float32]


def known(margin: float, spread: float = 0.1, seed: int = 0, track: int = 1) -> Asked:
    """Give faces of three people whose own logit is above the others by this margin, give or take."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(PEOPLE), FACES)
    logits = random.normal(0, spread, (len(labels), PEOPLE + 1))
    logits[np.arange(len(labels)), labels] += margin
    return Asked(logits.astype(np.float32), labels, [track] * (len(labels) // track))


def strangers(margin: float, spread: float = 0.1, seed: int = 1, count: int = 401) -> Asked:
    """Give strangers who look like one of the people by this margin, give or take; below 0 they look like nobody."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, spread, (count, PEOPLE + 1))
    logits[np.arange(count), random.integers(PEOPLE, size=count)] += margin
    return Asked(logits.astype(np.float32), np.full(count, PEOPLE), [1] * count)


def named(calibration: Calibration, asked: Asked) -> float:
    """Give the share that gets a name at the threshold."""
    return float((calibration.probabilities(asked.logits).max(axis=1) >= calibration.threshold).mean())


def named_right(calibration: Calibration, asked: Asked) -> float:
    """Give the share that gets the right name at the threshold."""
    own = calibration.probabilities(asked.logits)[np.arange(len(asked.labels)), asked.labels]
    return float((own >= calibration.threshold).mean())


@pytest.mark.parametrize("false_names", [0.005, 0.2])
@pytest.mark.parametrize("margin", [-1.0, 0.9, 4.0])
def test_no_kind_of_strangers_is_named_more_often_than_allowed_but_for_one(false_names: float, margin: float) -> None:
    """Whatever it costs the known, whose own logit is 1 above the others; in whichever order the kinds come.

    A share of a few faces lies between two of them.
    """
    faces, kinds = known(1.0), [strangers(-0.5), strangers(margin, spread=0.3, seed=2)]

    for order in (kinds, kinds[::-1]):
        calibration = calibrate(faces, faces, order, false_names)

        assert calibration.threshold == THRESHOLD == 0.5
        for kind in kinds:
            assert named(calibration, kind) <= false_names + 1 / len(kind.labels)


def test_strangers_who_look_like_the_known_are_named_as_often_as_allowed_and_not_less() -> None:
    """Where there is no room between them, nothing beyond what was asked for is given up."""
    faces = known(1.0, spread=0.3)
    calibration = calibrate(faces, faces, [strangers(1.0, spread=0.3)], 0.2)

    assert named(calibration, strangers(1.0, spread=0.3)) == pytest.approx(0.2, abs=0.01)


def test_whoever_allows_fewer_false_names_gets_fewer() -> None:
    """Of strangers who were not calibrated by, too; and fewer right ones."""
    faces, others = known(1.0, spread=0.3), strangers(0.9, spread=0.3, seed=5)
    given = [calibrate(faces, faces, [strangers(0.9, spread=0.3)], share) for share in (0.3, 0.1, 0.02)]

    false, right = ([share(each, asked) for each in given] for share, asked in ((named, others), (named_right, faces)))

    assert false[0] > false[1] > false[2]
    assert right[0] > right[1] > right[2]
    assert [each.even_odds for each in given] == sorted(each.even_odds for each in given)


def test_what_lies_well_apart_is_parted_between() -> None:
    """No stranger has a name, everybody known has theirs, and even odds are between the two."""
    faces, portraits = known(2.0), strangers(0.5)
    calibration = calibrate(faces, faces, [portraits], FALSE_NAMES)

    of_known = calibration.probabilities(faces.logits).max(axis=1)
    of_strangers = calibration.probabilities(portraits.logits).max(axis=1)

    assert of_strangers.max() < THRESHOLD < of_known.min()
    assert named_right(calibration, faces) == 1


def test_it_is_nearer_to_strangers_where_another_day_shows_people_less_clearly() -> None:
    """Their faces of the same day alone would put it too high."""
    faces, portraits = known(2.0), [strangers(0.0)]
    same, darker = (calibrate(faces, known(margin), portraits, FALSE_NAMES) for margin in (2.0, 1.0))

    assert darker.even_odds < same.even_odds
    assert named(darker, portraits[0]) <= FALSE_NAMES


@pytest.mark.parametrize("margin", [0.5, 2.0])
def test_without_strangers_blends_stand_for_them_and_the_known_keep_their_names(margin: float) -> None:
    """A face that is half one and half another of the people is nobody of them."""
    faces = known(margin, spread=0.05)
    empty = strangers(0.0, count=0)

    calibration = calibrate(faces, faces, [empty, empty], FALSE_NAMES, ["No strangers."])

    assert named_right(calibration, faces) > 0.9
    half = np.float32(margin / 2) * (np.eye(PEOPLE + 1, dtype=np.float32)[:PEOPLE].sum(axis=0) - np.eye(4)[2])
    assert calibration.probabilities(half[np.newaxis].astype(np.float32)).max() < THRESHOLD
    assert calibration.notes == ("No strangers.",)


def test_one_person_without_strangers_keeps_their_name_too() -> None:
    """Half of their face is nobody's."""
    faces = known(1.0, spread=0.05)
    own = faces.labels == 0
    faces = Asked(faces.logits[own], faces.labels[own], [1] * FACES)

    calibration = calibrate(faces, faces, [], FALSE_NAMES)

    assert named_right(calibration, faces) > 0.9
    assert calibration.probabilities(faces.logits / np.float32(2)).max() < THRESHOLD


def test_a_kind_of_which_there_is_nobody_changes_nothing() -> None:
    """Where too few people are enrolled to leave one out."""
    faces, portraits = known(1.0), strangers(0.3)

    assert calibrate(faces, faces, [portraits, strangers(0.0, count=0)], FALSE_NAMES) == calibrate(
        faces, faces, [portraits], FALSE_NAMES
    )


def test_a_tracks_threshold_lies_between_the_means_of_tracks() -> None:
    """Single faces are sometimes doubtful, the means over ten of them are not, so that less is enough."""
    faces = known(1.1, spread=0.3, track=TRACK_FACES)
    portraits = strangers(0.0, spread=0.3, count=400)
    portraits = Asked(portraits.logits, portraits.labels, [TRACK_FACES] * 40)

    calibration = calibrate(faces, faces, [portraits], FALSE_NAMES)

    probabilities = calibration.probabilities(faces.logits)[np.arange(len(faces.labels)), faces.labels]
    of_known = probabilities.reshape(-1, TRACK_FACES).mean(axis=1)
    of_strangers = calibration.probabilities(portraits.logits).reshape(40, TRACK_FACES, PEOPLE).mean(axis=1).max(axis=1)
    assert LEAST_TRACK_THRESHOLD <= calibration.track_threshold < THRESHOLD
    assert (of_strangers >= calibration.track_threshold).mean() <= FALSE_NAMES
    assert (of_known >= calibration.track_threshold).mean() > (probabilities >= calibration.threshold).mean()


@pytest.mark.parametrize("lengths", [[1], [TRACK_FACES], [25], [3, 11, 10, 1]])
def test_tracks_of_any_length_are_averaged_by_runs_of_ten(lengths: Sequence[int]) -> None:
    """Faces that are all alike have the mean that each of them has, so that it is no matter how they are parted."""
    count = sum(lengths)
    own = np.zeros((count, PEOPLE + 1), np.float32)
    own[:, 0] = 1.0
    portraits = strangers(0.2, spread=0)

    calibrations = [
        calibrate(asked, asked, [portraits], FALSE_NAMES)
        for asked in (Asked(own, np.zeros(count, np.int64), lengths), Asked(own[:1], np.zeros(1, np.int64), [1]))
    ]

    assert calibrations[0].track_threshold == pytest.approx(calibrations[1].track_threshold, abs=1e-6)


def test_the_probabilities_are_the_softmax_of_the_folded_weights() -> None:
    """Without the last class, which is nobody; so the served network answers what was calibrated."""
    random = np.random.default_rng(0)
    inputs = random.normal(0, 0.3, (50, 20)).astype(np.float32)
    kernel = random.normal(0, 0.3, (20, PEOPLE + 1)).astype(np.float32)
    bias = random.normal(0, 0.1, PEOPLE + 1).astype(np.float32)
    calibration = Calibration(1.7, THRESHOLD, THRESHOLD, ())
    before = bias.copy()

    folded, folded_bias = calibration.fold(kernel, bias)
    exponents = np.exp(inputs @ folded + folded_bias)

    np.testing.assert_allclose(
        calibration.probabilities(inputs @ kernel + bias),
        (exponents / exponents.sum(axis=1, keepdims=True))[:, :PEOPLE],
        atol=1e-6,
    )
    assert folded.dtype == folded_bias.dtype == np.float32
    np.testing.assert_array_equal(bias, before)


def test_nobody_asked_nobody_answered() -> None:
    """An empty test split has no probabilities, of the right shape."""
    calibration = Calibration(0.0, THRESHOLD, THRESHOLD, ())

    assert calibration.probabilities(np.empty((0, PEOPLE + 1), np.float32)).shape == (0, PEOPLE)


def test_the_likelier_it_is_nobody_the_less_likely_is_everybody_else() -> None:
    """And their order stays."""
    logits = known(1.0).logits
    more, less = (Calibration(even_odds, THRESHOLD, THRESHOLD, ()).probabilities(logits) for even_odds in (2.0, 0.0))

    assert (more < less).all()
    np.testing.assert_array_equal(more.argmax(axis=1), less.argmax(axis=1))


def test_logits_so_large_that_somebody_is_all_but_certain_are_told_apart_still() -> None:
    """Their probabilities are 1 in any precision, their log-odds are not."""
    faces, portraits = known(9.0), strangers(5.0)

    calibration = calibrate(faces, faces, [portraits], FALSE_NAMES)

    assert named(calibration, portraits) <= FALSE_NAMES
    assert named_right(calibration, faces) > 0.9

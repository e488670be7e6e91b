"""Samples that carry one name and show somebody else, by made-up descriptors: a centre for each face, and noise."""

import numpy as np
import pytest

from familiar.services.trainer.judge.mixed_people import Descriptors, OddSamples, find_mixed

LENGTH = 128
# Two samples of one person are about 0.3 apart, as those of one day are.
NOISE = 0.3 / np.sqrt(2 * LENGTH)
ZOE, KARAN, ARJUN = 0, 1, 2
RANDOM = np.random.default_rng(0)


def faces(who: int, count: int, day: float = 0.0, noise: float = NOISE) -> Descriptors:
    """Make descriptors of somebody; those of two people are 0.7 apart, those of another day as far as is said."""
    centre = np.zeros(LENGTH)
    centre[who] = 0.7 / np.sqrt(2)
    centre[-1] = day
    return (centre + RANDOM.normal(0, noise, (count, LENGTH))).astype(np.float32)


def mixed(*folders: Descriptors) -> tuple[OddSamples, ...]:
    """Ask about folders, one after the other."""
    labels = np.repeat(np.arange(len(folders)), [len(folder) for folder in folders]).astype(np.int64)
    return find_mixed(np.concatenate(folders), labels, len(folders))


@pytest.mark.parametrize("others", [14, 9, 5])
def test_somebody_else_in_a_folder_is_found_who_is_not_enrolled(others: int) -> None:
    """Nearly half of the folder, a third and a sixth of it; the other folder is left alone."""
    (odd,) = mixed(faces(KARAN, 20), np.concatenate([faces(ZOE, 30 - others), faces(ARJUN, others)]))

    assert (odd.person, odd.like, odd.samples) == (1, None, 30)
    assert sorted(odd.places) == list(range(50 - others, 50))


def test_samples_that_look_like_an_enrolled_person_say_whom() -> None:
    """However few there are; two groups are not needed for it."""
    (odd,) = mixed(np.concatenate([faces(ZOE, 20), faces(KARAN, 2)]), faces(KARAN, 20))

    assert (odd.person, odd.like, sorted(odd.places), odd.samples) == (0, 1, [20, 21], 22)


def test_the_larger_group_is_the_odd_one_if_it_looks_like_another_person() -> None:
    """Sixteen of Karan and fourteen of Zoë under her name, and Karan has a folder of his own."""
    (odd,) = mixed(np.concatenate([faces(KARAN, 16), faces(ZOE, 14)]), faces(KARAN, 20))

    assert (odd.person, odd.like, sorted(odd.places)) == (0, 1, list(range(16)))


def test_two_people_in_a_third_ones_folder_are_told_apart() -> None:
    """Those like an enrolled person, and those like nobody."""
    found = mixed(np.concatenate([faces(ZOE, 20), faces(KARAN, 6), faces(ARJUN, 8)]), faces(KARAN, 20))

    assert [(odd.like, sorted(odd.places)) for odd in found] == [(1, list(range(20, 26))), (None, list(range(26, 34)))]


def test_another_day_is_not_another_person() -> None:
    """Two days of somebody are at most 0.35 apart."""
    assert mixed(np.concatenate([faces(ZOE, 15), faces(ZOE, 15, day=0.35)]), faces(KARAN, 20)) == ()


def test_crops_that_hold_no_face_are_nobody() -> None:
    """They are far from the person, and as far from each other."""
    none = np.concatenate([faces(who, 1) for who in (10, 11, 12, 13)])

    assert mixed(np.concatenate([faces(ZOE, 20), none]), faces(KARAN, 20)) == ()


def test_two_odd_samples_like_nobody_are_chance() -> None:
    """Three are the fewest that may be somebody."""
    assert mixed(np.concatenate([faces(ZOE, 10), faces(ARJUN, 2)]), faces(KARAN, 10)) == ()


def test_the_clearest_sample_comes_first() -> None:
    """The one least like the person, and most like the other."""
    between = (faces(ZOE, 1, noise=0) * 0.35 + faces(KARAN, 1, noise=0) * 0.65).astype(np.float32)
    (odd,) = mixed(np.concatenate([faces(ZOE, 20), between, faces(KARAN, 1)]), faces(KARAN, 20))

    assert odd.places == (21, 20)


def test_one_person_alone_and_a_single_sample_are_no_error() -> None:
    """There is nobody to look like, and nothing to divide."""
    assert mixed(faces(ZOE, 1)) == ()
    assert mixed(faces(ZOE, 30)) == ()

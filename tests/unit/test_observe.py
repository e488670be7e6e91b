"""What is counted of a training in the recognition benchmark, with answers that are known beforehand."""

from collections.abc import Mapping

import numpy as np

from benchmarks.gallery import Gallery, Indexes, Person
from benchmarks.observe import observe_all, observe_fold
from benchmarks.recipe import Recognizer

ARJUN = Person("arjun", (np.array([0]),), (np.array([1, 2]),))
KARAN = Person("karan", (np.array([3]),), (np.array([4, 5]),))
ZOE = Person("zoe", (np.array([6]),), (np.array([7]),))
GALLERY = Gallery((), (ARJUN, KARAN, ZOE), (np.array([8]), np.array([9])), np.array([10]), ())
# The probabilities of arjun and karan for each face: the rest up to 1 is somebody else.
ANSWERS = np.array(
    [
        *[(0.9, 0.1), (0.9, 0.0), (0.4, 0.1)],  # arjun, the last of them not surely
        *[(0.1, 0.9), (0.6, 0.4), (0.1, 0.9)],  # karan, once taken for arjun
        *[(0.2, 0.2), (0.7, 0.1)],  # zoe, once taken for arjun
        *[(0.1, 0.1), (0.0, 0.8)],  # two strangers, one taken for karan
    ],
    np.float32,
)


class KnownAnswers:
    """A recipe that learns nothing and answers from a table; it remembers what it was taught."""

    def __init__(self) -> None:
        """Have been taught nothing."""
        self.taught: dict[str, list[int]] = {}

    def teach(self, enrolled: Mapping[str, Indexes], seed: int) -> Recognizer:  # noqa: ARG002 - nothing is drawn
        """Answer as the table says, with a threshold of 0.5."""
        self.taught = {name: indexes.tolist() for name, indexes in enrolled.items()}
        return Recognizer(lambda indexes: ANSWERS[indexes][:, : len(enrolled)], 0.5)


def counted(recipe: KnownAnswers) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Give hits and total of each unit, measure and person when Zoe is left out."""
    return {
        (one.unit, one.measure, one.count.person): (one.count.hits, one.count.total)
        for one in observe_fold(recipe, GALLERY, ZOE, seed=3)
    }


def test_the_others_are_taught_and_tested_with_what_was_not_taught() -> None:
    """Whoever is not sure enough of their own name counts for accuracy alone."""
    recipe = KnownAnswers()

    counts = counted(recipe)

    assert recipe.taught == {"arjun": [0], "karan": [3]}
    assert counts["face", "accuracy", "arjun"] == (2, 2)
    assert counts["face", "recall", "arjun"] == (1, 2)
    assert counts["face", "accuracy", "karan"] == (1, 2)
    assert counts["face", "recall", "karan"] == (1, 2)


def test_every_face_of_the_person_left_out_is_a_strangers() -> None:
    """Nobody has learned from either half."""
    assert counted(KnownAnswers())["face", "false_name_same_camera", "zoe"] == (1, 2)


def test_strangers_are_counted_together_and_by_the_name_they_were_given() -> None:
    """One of two was taken for Karan."""
    counts = counted(KnownAnswers())

    assert counts["face", "false_name_strangers", ""] == (1, 2)
    assert counts["face", "false_name_strangers_by_name", "arjun"] == (0, 2)
    assert counts["face", "false_name_strangers_by_name", "karan"] == (1, 2)


def test_tracks_are_counted_by_their_averages() -> None:
    """Arjun's two faces are sure enough together, and two strangers make no common track."""
    counts = counted(KnownAnswers())

    assert counts["track", "recall", "arjun"] == (1, 1)
    assert counts["track", "recall", "karan"] == (1, 1)
    assert counts["track", "false_name_strangers", ""] == (1, 2)


def test_with_nobody_left_out_everybody_is_taught() -> None:
    """Only accuracy is counted then."""
    recipe = KnownAnswers()

    observed = list(observe_all(recipe, Gallery((), (ARJUN, KARAN), (), np.array([10]), ()), seed=0))

    assert recipe.taught == {"arjun": [0], "karan": [3]}
    assert {one.measure for one in observed} == {"accuracy_all"}
    assert [(one.unit, one.count.hits, one.count.total) for one in observed] == [
        ("face", 2, 2),
        ("track", 1, 1),
        ("face", 1, 2),
        ("track", 1, 1),
    ]

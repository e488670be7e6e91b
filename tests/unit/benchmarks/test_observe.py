"""What is asked after a training in the recognition benchmark, with answers that are known beforehand."""

import numpy as np

from benchmarks.recognition.collect_answers import Answers, ask_all, ask_fold
from benchmarks.recognition.experiment import Fold, Person
from benchmarks.recognition.gallery import Gallery
from benchmarks.recognition.recipe import Enrolled, Recognizer

ARJUN = Person("arjun", (np.array([0]),), (np.array([1, 2]),))
KARAN = Person("karan", (np.array([3]), np.array([10])), (np.array([4, 5]),))
ZOE = Person("zoe", (np.array([6]),), (np.array([7]),))
ZOE_LEFT_OUT = Fold((ARJUN, KARAN), (ZOE,))
GALLERY = Gallery((), (), (np.array([8]), np.array([9])), np.array([11]), ())
# The probabilities of arjun and karan for each face: the rest up to 1 is somebody else.
ANSWERS = np.array(
    [
        *[(0.9, 0.1), (0.9, 0.0), (0.4, 0.1)],  # arjun, the last of them not surely
        *[(0.1, 0.9), (0.6, 0.4), (0.1, 0.9)],  # karan, once taken for arjun
        *[(0.2, 0.2), (0.5, 0.1)],  # zoe, once taken for arjun
        *[(0.1, 0.1), (0.0, 0.8)],  # two strangers, one taken for karan
    ],
    np.float32,
)


class KnownAnswers:
    """A recipe that learns nothing and answers from a table; it remembers what it was taught."""

    def __init__(self, track_threshold: float | None = None) -> None:
        """Have been taught nothing."""
        self.taught: dict[str, list[list[int]]] = {}
        self._track_threshold = track_threshold

    def teach(self, enrolled: Enrolled, seed: int) -> Recognizer:  # noqa: ARG002 - nothing is drawn
        """Answer as the table says, with a threshold of 0.5."""
        self.taught = {name: [indexes.tolist() for indexes in own] for name, own in enrolled.items()}
        return Recognizer(lambda indexes: ANSWERS[indexes][:, : len(enrolled)], 0.5, self._track_threshold)


def asked(recipe: KnownAnswers) -> dict[tuple[str, str, str], Answers]:
    """Give the answers of each unit, group and person when Zoe is left out."""
    return {(own.unit, own.group, own.person): own for own in ask_fold(recipe, GALLERY, ZOE_LEFT_OUT, seed=3)}


def test_the_others_are_taught_by_session_and_tested_with_what_was_not_taught() -> None:
    """Whoever is not sure enough of their own name gets none."""
    recipe = KnownAnswers()

    answers = asked(recipe)

    assert recipe.taught == {"arjun": [[0]], "karan": [[3], [10]]}
    assert answers["face", "known", "arjun"].right.tolist() == [True, True]
    assert answers["face", "known", "arjun"].named.tolist() == [True, False]
    assert answers["face", "known", "karan"].right.tolist() == [False, True]
    assert answers["face", "known", "karan"].seed == 3


def test_every_face_of_a_stranger_before_the_same_camera_is_asked_for() -> None:
    """Nobody has learned from either half; a name is given from the threshold on, and none is right."""
    zoe = asked(KnownAnswers())["face", "same_camera", "zoe"]

    assert zoe.named.tolist() == [False, True]
    assert zoe.likeliest_is("arjun").tolist() == [True, True]
    assert not zoe.right.any()


def test_strangers_are_asked_for_together() -> None:
    """One of two was taken for Karan; as tracks, they stay two."""
    answers = asked(KnownAnswers())

    for unit in ("face", "track"):
        strangers = answers[unit, "strangers", ""]
        assert (strangers.named & strangers.likeliest_is("karan")).tolist() == [False, True]


def test_tracks_are_judged_by_their_averages() -> None:
    """Arjun's two faces are sure enough together."""
    answers = asked(KnownAnswers())

    assert answers["track", "known", "arjun"].named.tolist() == [True]
    assert answers["track", "known", "karan"].right.tolist() == [True]


def test_a_track_has_a_threshold_of_its_own_where_the_recipe_gives_one() -> None:
    """Arjun's average is 0.65; his faces are judged as before."""
    answers = asked(KnownAnswers(track_threshold=0.7))

    assert answers["track", "known", "arjun"].named.tolist() == [False]
    assert answers["face", "known", "arjun"].named.tolist() == [True, False]


def test_with_nobody_left_out_everybody_is_taught() -> None:
    """Only they are asked for then."""
    recipe = KnownAnswers()

    answers = list(ask_all(recipe, (ARJUN, KARAN), seed=0))

    assert recipe.taught == {"arjun": [[0]], "karan": [[3], [10]]}
    assert [(own.unit, own.group, own.person, own.right.tolist()) for own in answers] == [
        ("face", "known_all", "arjun", [True, True]),
        ("track", "known_all", "arjun", [True]),
        ("face", "known_all", "karan", [False, True]),
        ("track", "known_all", "karan", [True]),
    ]
